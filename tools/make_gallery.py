#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/gallery.md and its pictures from the table below: a title, what there is to see, and
the command that makes it.

    make_gallery.py MFN [--check] [--only NAME]    (beside MFN: examples/aggregate)

With --check nothing is written: every command is run again, and its pixels must be those of the
gallery's picture. That holds on any machine, because the same command gives the same field."""
import argparse
import pathlib
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

from PIL import Image

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "images" / "gallery"
SIZE_LIMITS = {".png": 60_000, ".gif": 1_000_000}  # bytes
LINE = 96
COLUMNS = 3
TABLES = ("Gray-Scott", "Other patterns")  # chapters that show several pictures a row
INTRODUCTION = """\
# Gallery

Every picture with the command that makes it; `mfn help simulate` and `mfn help grow` explain the flags, `mfn models`
lists models and presets, and [models.md](models.md) has their equations. The same command gives the same picture on
any machine. `--gif FILE.gif` instead of `--image` shows how it came about; the end of this page says how.

<!-- made by tools/make_gallery.py: change its table, then run make gallery -->
"""
FILMS = """\
## Films of your own
`--gif FILE.gif` films the run, `--frames DIR` writes the same frames as `DIR/frame-00000.png` and so on, for video
programs (`ffmpeg -framerate 20 -i DIR/frame-%05d.png film.mp4`).

- **Frames** are the initial field, the field after every `--frame-every` steps, and the last one: about 100 when
  nothing is said, 10,000 at most. Side times `--scale` is at most 16,384 pixels, as in any picture.
- **Colours** mean the same in all frames: their range is that of all frames together, for which the run is computed
  once ahead, without features and pictures. `--colour-range -75:-50` (mV) saves that, makes films comparable, and
  shows more where a few cells or the initial noise take up the range; values beyond an end get its colour. It holds
  for `--image` as well.
- **Time**: each frame of a GIF is shown for `--frame-delay` ms, 50 when nothing is said; it repeats for ever.
- **Files** are whole or not there. A GIF appears at the end; when a run is stopped, the numbered frames so far stay.
  A folder with frames of a longer run is refused, because they would play on after the new ones.
- **Memory** does not grow with the number of frames: 400 steps of 1024 x 1024 cells take 81 MB with a film and 68 MB
  without.
- From C: [include/mfn/animation.h](../include/mfn/animation.h).
"""


class Picture(NamedTuple):
    """`flags` are those of the command but for the one that names the file, which is `name`. A command
    with a slash is a program beside mfn, others are commands of mfn."""
    title: str
    text: str
    name: str
    flags: str
    command: str = "simulate"


ISLANDS = "--steps {} --alpha 0.24 --turing-threshold 0.5 --d-activator 0.02 --r-activator 0.1 --r-inhibitor 0.001"

AGGREGATE = "examples/aggregate"


def preset(model, name, text):
    return Picture(f"{model}, {name}", text, f"{model}-{name}.png", f"--model {model} --preset {name} --scale 2")


GALLERY = {
    "Films": [
        Picture("Coral", "Gray and Scott's chemistry: rings open, and their ends grow until the plane is full.",
                "coral-film.gif", "--model gray-scott --preset coral --grid-size 96 --steps 3600 --scale 2 "
                "--frame-every 80 --frame-delay 80"),
        Picture("Mitosis", "The same chemistry, fed less: spots that divide.",
                "mitosis-film.gif", "--model gray-scott --preset mitosis --grid-size 96 --scale 2 --frame-every 100 "
                "--frame-delay 80"),
        Picture("A colony grows", "Tips extend, branch and fuse; the medium around them darkens as they take up its "
                "nutrient.",
                "colony-film.gif", "--preset solid --grid-size 192 --steps 288 --seed 1 --scale 2 --frame-every 8 "
                "--frame-delay 80", "grow"),
    ],
    "Aggregation": [
        Picture("Particles that stay where they touch", "Diffusion-limited aggregation, coloured by when a cell was "
                "reached ([dimension.md](dimension.md); the example is "
                "[aggregate.c](../examples/aggregation/aggregate.c)).",
                "aggregation-film.gif", "grid_size=256 particles=4500", AGGREGATE),
        Picture("A cluster", "The same on a larger grid, at its end.",
                "aggregation.png", "grid_size=384 particles=8800", AGGREGATE),
    ],
    "Gray-Scott": [
        preset("gray-scott", "coral", "branches that grow until they fill the plane"),
        preset("gray-scott", "mitosis", "spots that divide"),
        preset("gray-scott", "alpha", "waves that never come to rest"),
        preset("gray-scott", "beta", "waves and grains that never come to rest"),
        preset("gray-scott", "gamma", "stripes that shift and break"),
        preset("gray-scott", "delta", "spots that become a honeycomb"),
        preset("gray-scott", "epsilon", "spots that divide and die"),
        preset("gray-scott", "zeta", "spots that divide, die and come back"),
        preset("gray-scott", "eta", "spots and short worms"),
        preset("gray-scott", "theta", "worms that become rings and labyrinths"),
        preset("gray-scott", "iota", "few spots of the other state in a full field"),
        preset("gray-scott", "kappa", "labyrinths"),
        preset("gray-scott", "lambda", "spots that divide until they fill the plane"),
        preset("gray-scott", "mu", "worms that grow at their ends"),
    ],
    "Other patterns": [
        preset("gierer-meinhardt", "spots", "peaks of the activator at equal distances"),
        preset("gierer-meinhardt", "dense", "lower peaks close to each other"),
        preset("schnakenberg", "spots", "a lattice of spots"),
        preset("schnakenberg", "dense", "spots that touch and merge"),
        preset("fitzhugh-nagumo", "labyrinth", "both states take the same room"),
        preset("fitzhugh-nagumo", "spots", "spots of the one state in the other"),
        preset("logistic-inhibitor", "net", "a net of the activator around empty cells"),
    ],
    "The reference's model": [
        Picture("Islands", "Where the activator passes its threshold the potential rises; the rest is still at rest.",
                "islands.png", f"--grid-size 160 {ISLANDS.format(60)} --seed 3 --scale 2"),
        Picture("How islands come about", "Noise fades, nothing seems to happen, then the activator wins: a moment on "
                "the way to saturation ([validation.md](validation.md) says why).",
                "islands-film.gif", f"--grid-size 96 {ISLANDS.format(76)} --seed 3 --scale 2 --frame-every 2 "
                "--frame-delay 120"),
        Picture("Maze", "The same with slow diffusion, between walls that let nothing through.",
                "maze.png", "--grid-size 160 --steps 62 --alpha 0.05 --boundary neumann --turing-threshold 0.5 "
                "--d-activator 0.01 --d-inhibitor 0.01 --r-activator 0.1 --r-inhibitor 0.001 --seed 3 --scale 2"),
        Picture("Clouds", "Quantum jitter, smoothed by diffusion for a thousand steps: noise on every scale.",
                "clouds.png", "--grid-size 160 --steps 1000 --alpha 0.24 --quantum-jitter --jitter-var 0.00001 "
                "--seed 42 --scale 2"),
        Picture("Spikes", "One growth event at every step, at random places; diffusion carries them apart.",
                "spikes.png", "--grid-size 128 --steps 400 --alpha 0.05 --spike-probability 1 --seed 7 --scale 2"),
        Picture("Spikes as they come", "The same, with colours for the few millivolts that matter: the noise at the start "
                "goes beyond both ends.",
                "spikes-film.gif", "--grid-size 64 --steps 80 --alpha 0.15 --spike-probability 1 --seed 7 --scale 3 "
                "--colour-range -71:-64 --frame-every 2 --frame-delay 80"),
    ],
    "Mycelium": [
        Picture("Agar", "The defaults: a moderate medium, whose nutrient diffuses.",
                "mycelium-agar.png", "--grid-size 320 --steps 440 --seed 1 --scale 1", "grow"),
        Picture("Rich", "Three times the nutrient: dense, with short distances between branches.",
                "mycelium-rich.png", "--preset rich --grid-size 320 --steps 380 --seed 1 --scale 1", "grow"),
        Picture("Solid", "Nutrient that does not diffuse, as in wood: depleted around each hypha.",
                "mycelium-solid.png", "--preset solid --grid-size 320 --steps 420 --seed 1 --scale 1", "grow"),
        Picture("Patchy", "What a patch gives is carried through the hyphae, and the side that found it grows.",
                "mycelium-patchy.png", "--preset patchy --grid-size 320 --steps 520 --seed 3 --scale 1", "grow"),
        Picture("Explorer", "Few branches that keep apart: fast and far.",
                "mycelium-explorer.png", "--preset explorer --grid-size 320 --steps 420 --seed 42 --scale 1", "grow"),
        Picture("Tree", "No fusions: a tree, whose hyphae grow across each other.",
                "mycelium-tree.png", "--preset tree --grid-size 320 --steps 480 --seed 1 --scale 1", "grow"),
    ],
}


def command_of(picture, file):
    kind = "gif" if picture.name.endswith(".gif") else "image"
    flags = shlex.split(picture.flags)
    if "/" in picture.command:
        return [f"build/{picture.command}", *flags, f"{kind}={file}"]
    return ["mfn", picture.command, *flags, f"--{kind}", str(file)]


def shown(words):
    """The command in lines of a readable length, broken before a flag."""
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > LINE and word.startswith("--"):
            lines[-1] += "\\"
            lines.append("    ")
        lines[-1] += word + " "
    return "\n".join(line.rstrip(" ") for line in lines)


def section(picture):
    return (f"### {picture.title}\n![{picture.title}](images/gallery/{picture.name})\n\n{picture.text}\n\n"
            f"```sh\n{shown(command_of(picture, picture.name))}\n```\n")


def rows(pictures):
    """A table of several pictures a row, each with its command below."""
    lines = []
    for first in range(0, len(pictures), COLUMNS):
        some = pictures[first:first + COLUMNS]
        lines.append([f"![{one.title}](images/gallery/{one.name})" for one in some])
        lines.append([f"**{one.title}**: {one.text}<br>`{' '.join(command_of(one, one.name))}`" for one in some])
    lines.insert(1, ["---"] * COLUMNS)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def page():
    parts = [INTRODUCTION]
    for chapter, pictures in GALLERY.items():
        parts.append(f"## {chapter}\n")
        parts += [rows(pictures)] if chapter in TABLES else [section(picture) for picture in pictures]
    return "\n".join([*parts, FILMS])


def make(mfn, picture, file):
    program = mfn.parent / picture.command if "/" in picture.command else mfn
    command = [program, *command_of(picture, file)[1:]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    size = file.stat().st_size
    if size > SIZE_LIMITS[file.suffix]:
        sys.exit(f"{picture.name}: {size} bytes are more than {SIZE_LIMITS[file.suffix]}")


def frames_of(file):
    with Image.open(file) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            yield image.size, image.info.get("duration"), image.convert("RGB").tobytes()


def check(mfn, pictures):
    if (DOCS / "gallery.md").read_text(encoding="utf-8") != page():
        sys.exit("docs/gallery.md is not what tools/make_gallery.py makes: run make gallery")
    with tempfile.TemporaryDirectory() as folder:
        for picture in pictures:
            again = pathlib.Path(folder) / picture.name
            make(mfn, picture, again)
            if list(frames_of(again)) != list(frames_of(PICTURES / picture.name)):
                sys.exit(f"{picture.name} is not what its command draws: run make gallery")
            print(f"{picture.name}: as its command draws it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mfn", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", metavar="NAME")
    given = parser.parse_args()
    pictures = [picture for chapter in GALLERY.values() for picture in chapter
                if given.only in (None, picture.name)]
    if given.check:
        check(given.mfn, pictures)
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        make(given.mfn, picture, PICTURES / picture.name)
        print(PICTURES / picture.name, (PICTURES / picture.name).stat().st_size)
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
