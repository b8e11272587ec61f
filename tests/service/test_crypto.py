#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keys of `mfn serve` that survive, and what is said of their use.

    test_crypto.py MFN"""
import base64
import json
import tempfile
import unittest

from serving import Serve

MASTER = base64.b64encode(bytes(range(32))).decode()
TEXT = base64.b64encode(b"a text that nobody else may read").decode()


class CryptoTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def ask(self, service, path, **body):
        status, _, content = service.ask("POST", f"/api/{path}", body)
        return status, json.loads(content)

    def serve(self, master_key=MASTER, **environment):
        return Serve("--state-dir", self.folder.name, MFN_MASTER_KEY=master_key, **environment)

    def test_keys_survive_a_kill_right_after_their_first_use(self):
        with self.serve() as service:
            sealed = self.ask(service, "encrypt", plaintext=TEXT)[1]
            signed = self.ask(service, "sign", message=TEXT)[1]
            pair = self.ask(service, "keypair", algorithm="ECDH", key_id="mine")[1]
            service.process.kill()
        with self.serve() as service:
            self.assertEqual((200, TEXT), (lambda s, b: (s, b.get("plaintext")))(
                *self.ask(service, "decrypt", ciphertext=sealed["ciphertext"], key_id=sealed["key_id"])))
            self.assertTrue(self.ask(service, "verify", message=TEXT, signature=signed["signature"])[1]["valid"])
            self.assertEqual(409, self.ask(service, "keypair", algorithm="ECDH", key_id="mine")[0])
        self.assertEqual(32, len(base64.b64decode(pair["public_key"])))

    def test_a_wrong_master_key_stops_the_start(self):
        with self.serve() as service:
            self.ask(service, "sign", message=TEXT)
        other = base64.b64encode(bytes(32)).decode()
        with self.assertRaisesRegex(RuntimeError, "encrypted with another one"):
            self.serve(other)
        with self.assertRaisesRegex(RuntimeError, "expected the Base64 of 32 bytes"):
            self.serve("hunter2")

    def test_the_log_tells_who_did_what_and_never_on_what(self):
        keys = {"MFN_API_KEYS": "first-0123456789", "MFN_LOG_FORMAT": "json"}
        with self.serve(**keys) as service:
            self.ask(service, "encrypt", plaintext=TEXT, associated_data="c2VjcmV0IHR3bw==")
            self.ask(service, "decrypt", ciphertext=base64.b64encode(bytes(40)).decode())
            for path in ("encrypt", "decrypt", "sign", "verify"):
                self.ask(service, path, key_id="no\nsuch", plaintext=TEXT, ciphertext=TEXT, message=TEXT, signature=TEXT)
            for _ in range(2):
                self.ask(service, "keypair", algorithm="ECDH", key_id="mine")
            service.end()
            lines = [json.loads(line) for line in service.lines()]
        used = [line for line in lines if line["logger"] == "mfn.crypto"]
        self.assertEqual([("encrypt", "true"), ("decrypt", "false"), ("encrypt", "false"), ("decrypt", "false"),
                          ("sign", "false"), ("verify", "false"), ("keypair", "true"), ("keypair", "false")],
                         [(line["operation"], line["success"]) for line in used])
        self.assertEqual(["no\nsuch"] * 4 + ["mine"] * 2, [line["key_id"] for line in used[2:]])
        self.assertTrue(used[0]["key_id"].startswith("key_"))
        for secret in (TEXT, "c2VjcmV0", MASTER, "first-0123456789"):
            self.assertNotIn(secret, json.dumps(lines))

    def test_smaller_keys_are_called_what_they_are(self):
        with Serve(MFN_CRYPTO_KEY_SIZE="128") as service:
            self.assertEqual("AES-128-GCM", self.ask(service, "encrypt", plaintext=TEXT)[1]["algorithm"])

    def test_keys_in_memory_alone_are_warned_of(self):
        with Serve(MFN_ENV="prod", MFN_API_KEYS="first-0123456789") as service:
            service.end()
            self.assertTrue(any("MFN_MASTER_KEY" in line for line in service.lines()))


if __name__ == "__main__":
    unittest.main(verbosity=1)
