#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""POST /jobs and GET /jobs/{id}: what was accepted is computed, through any crash.

    test_jobs.py MFN"""
import json
import random
import subprocess
import tempfile
import time
import unittest

from serving import MFN, PATIENCE_S, Serve

SMALL = {"grid_size": 32, "steps": 20}
LONG = {"grid_size": 256, "steps": 2000000}


def post(service, body, key=None):
    status, headers, content = service.ask("POST", "/jobs", body, {"X-API-Key": key} if key else {})
    return status, headers, json.loads(content)


def look(service, job_id, key=None):
    status, _, content = service.ask("GET", f"/jobs/{job_id}", None, {"X-API-Key": key} if key else {})
    return status, json.loads(content)


def await_end(service, job_id, key=None):
    end = time.monotonic() + PATIENCE_S
    while (view := look(service, job_id, key)[1])["status"] not in ("done", "failed"):
        assert time.monotonic() < end, view
        time.sleep(0.01)
    return view


def await_running(service, job_id):
    end = time.monotonic() + PATIENCE_S
    while look(service, job_id)[1]["status"] != "running":
        assert time.monotonic() < end
        time.sleep(0.01)


class JobsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.state = self.folder.name + "/state"

    def serve(self, *flags, **environment):
        return Serve("--state-dir", self.state, *flags, **environment)

    def test_a_job_gives_the_result_of_a_pipeline(self):
        with self.serve() as service:
            status, headers, view = post(service, {"id": "mine", "seed": 7, **SMALL})
            self.assertEqual(202, status)
            self.assertEqual(f"/jobs/{view['job_id']}", headers["location"])
            view = await_end(service, view["job_id"])
            self.assertEqual("done", view["status"])
            self.assertLessEqual(view["accepted_at"], view["started_at"])
            self.assertLessEqual(view["started_at"], view["finished_at"])
            self.assertEqual("mine", view["result"]["simulation_id"])
            said = json.loads(subprocess.run(
                [MFN, "simulate", "--seed", "7", "--grid-size", "32", "--steps", "20", "--format", "json"],
                check=True, capture_output=True).stdout)
            self.assertEqual(said["features"], view["result"]["fractal_features"])
            self.assertEqual(view["job_id"], view["result"]["result_id"][:32])

    def test_the_extended_features_come_where_they_are_asked_for(self):
        with self.serve() as service:
            plain = post(service, SMALL)[2]["job_id"]
            self.assertEqual(plain, post(service, {**SMALL, "extended": False})[2]["job_id"])
            self.assertNotIn("extended", await_end(service, plain)["result"])
            for more in ({}, {"id": "mine"}):
                asked = post(service, {**SMALL, **more, "extended": True})[2]["job_id"]
                self.assertNotEqual(plain, asked)
                extended = await_end(service, asked)["result"]["extended"]
                self.assertEqual((0, []), (extended["area"], extended["scaling"]))  # no cell is active
                self.assertGreater(extended["H_field"], 1.0)
                self.assertGreater(extended["wavelength"], 1.0)
            self.assertEqual(422, post(service, {**SMALL, "extended": "yes"})[0])

    def test_asking_again_finds_the_same_job(self):
        with self.serve() as service:
            first = post(service, SMALL)[2]["job_id"]
            result = await_end(service, first)["result"]
            status, _, view = post(service, {**SMALL, "alpha": "0.18"})  # the default, as a text
            self.assertEqual((200, first, result), (status, view["job_id"], view["result"]))
            self.assertNotEqual(first, post(service, {**SMALL, "seed": 2**70})[2]["job_id"])
            self.assertNotEqual(first, post(service, {**SMALL, "model": "mfn-v4.1-field"})[2]["job_id"])

    def test_what_cannot_be_a_job_is_refused_with_all_its_faults(self):
        with self.serve("--max-job-cost", "1000000") as service:
            status, _, refusal = post(service, {"grid_size": 2, "alpha": 0.5, "setps": 3})
            self.assertEqual(422, status)
            self.assertEqual({"grid_size", "alpha", "setps"}, {item["field"] for item in refusal["details"]})
            for body in ({"model": "nope"}, {"id": 3}, {"id": ""}, {"id": "x" * 129}):
                with self.subTest(body):
                    self.assertEqual(422, post(service, body)[0])
            status, _, refusal = post(service, LONG)
            self.assertEqual((422, "job_too_large"), (status, refusal["error_code"]))
            self.assertIn("1000000", refusal["detail"])
            self.assertEqual(404, look(service, "nope")[0])

    def test_without_a_folder_nothing_is_accepted(self):
        with Serve() as service:
            status, _, refusal = post(service, SMALL)
            self.assertEqual((503, "jobs_unavailable"), (status, refusal["error_code"]))
            self.assertIn("MFN_STATE_DIR", refusal["detail"])

    def test_no_job_is_lost_when_the_process_is_killed(self):
        """Every answer must be followed by a result, however often the service dies. The jobs are so short that
        none of them dies ten times, which would be a failure, also where everything is slow."""
        chance = random.Random(1)
        accepted = []
        kills = 0
        while len(accepted) < 1000:
            with self.serve("--job-workers", "2") as service:
                end = time.monotonic() + chance.uniform(0.01, 0.1)
                while time.monotonic() < end and len(accepted) < 1000:
                    status, _, view = post(service, {"seed": len(accepted), "grid_size": 32, "steps": 10})
                    self.assertIn(status, (200, 202))
                    accepted.append(view["job_id"])
                service.process.kill()
                kills += 1
        self.assertGreater(kills, 3)
        with self.serve() as service:
            for job_id in accepted:
                self.assertEqual("done", await_end(service, job_id)["status"], job_id)
        self.assertEqual(1000, len(set(accepted)))

    def test_an_end_in_good_order_gives_the_job_back(self):
        with self.serve() as service:
            long = post(service, LONG)[2]["job_id"]
            await_running(service, long)
            began = time.monotonic()
            code, said = service.end()
            self.assertEqual(0, code, said)
            self.assertLess(time.monotonic() - began, 5)
        for _ in range(12):  # does not count as an attempt
            with self.serve() as service:
                await_running(service, long)
                service.end()
        with self.serve() as service:
            await_running(service, long)

    def test_a_job_that_ends_the_process_is_given_up(self):
        with self.serve() as service:
            long = post(service, LONG)[2]["job_id"]
            await_running(service, long)
        for _ in range(9):
            with self.serve() as service:
                await_running(service, long)
        with self.serve() as service:
            view = look(service, long)[1]
            self.assertEqual("failed", view["status"])
            self.assertIn("the service ended", view["error"])

    def test_too_many_that_wait_are_turned_away(self):
        with self.serve("--jobs-max", "2") as service:
            await_running(service, post(service, LONG)[2]["job_id"])
            waiting = [post(service, {**SMALL, "seed": seed})[2] for seed in (1, 2)]
            self.assertEqual([0, 1], [view["waiting_before"] for view in waiting])
            status, headers, refusal = post(service, {**SMALL, "seed": 3})
            self.assertEqual((503, "overloaded"), (status, refusal["error_code"]))
            self.assertIn("retry-after", headers)
            metrics = service.ask("GET", "/metrics")[2].decode()
            self.assertIn('mfn_jobs{state="queued"} 2.0\n', metrics)
            self.assertIn('mfn_jobs{state="running"} 1.0\n', metrics)
            self.assertEqual(200, service.ask("POST", "/simulate", {"grid_size": 16, "steps": 2})[0])

    def test_owners_see_their_own_jobs_alone(self):
        keys = {"MFN_API_KEYS": "first-0123456789,second-0123456789"}
        with self.serve("--api-key-required", "true", **keys) as service:
            job = post(service, SMALL, "first-0123456789")[2]["job_id"]
            self.assertEqual("done", await_end(service, job, "first-0123456789")["status"])
            self.assertEqual(404, look(service, job, "second-0123456789")[0])
            self.assertEqual(401, look(service, job)[0])
            self.assertEqual(202, post(service, SMALL, "second-0123456789")[0])

    def test_results_are_kept_for_a_while(self):
        with self.serve("--jobs-retention", "1") as service:
            job = post(service, SMALL)[2]["job_id"]
            await_end(service, job)
            time.sleep(1.1)
            other = post(service, {**SMALL, "seed": 5})[2]["job_id"]
            await_end(service, other)
            end = time.monotonic() + PATIENCE_S
            while look(service, job)[0] != 404:
                self.assertLess(time.monotonic(), end)

    def test_two_services_cannot_share_a_folder(self):
        with self.serve():
            with self.assertRaisesRegex(RuntimeError, "in use by another mfn"):
                self.serve()

    def test_a_file_that_is_something_else_is_left_alone(self):
        with self.serve() as service:
            service.end()
        path = self.state + "/jobs.sqlite"
        with open(path, "wb") as file:
            file.write(b"something else" * 1000)
        with self.assertRaisesRegex(RuntimeError, "damaged or no job file"):
            self.serve()


if __name__ == "__main__":
    unittest.main(verbosity=1)
