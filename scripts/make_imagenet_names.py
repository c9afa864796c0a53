"""Make src/accubench/labels/imagenet_2012.tsv: synset id and name of the 1000 classes of ILSVRC2012.

Which 1000 synsets ILSVRC2012 has is read from the list that the package timm ships; a synset id is the letter n and
the position of the synset in WordNet 3.0's file data.noun, so the names are read from WordNet itself.  To repeat it::

    pip download --no-deps timm==1.0.31 && unzip timm-1.0.31-*.whl timm/data/_info/imagenet_synsets.txt
    apt-get download wordnet-base && dpkg-deb --extract wordnet-base_*.deb wordnet
    python scripts/make_imagenet_names.py timm/data/_info/imagenet_synsets.txt wordnet/usr/share/wordnet/data.noun
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "src" / "accubench" / "labels" / "imagenet_2012.tsv"


def nouns(lines: Iterable[str]) -> dict[str, str]:
    """Words by synset id, joined by a comma and a space, from the lines of WordNet's data.noun."""
    words_by_synset: dict[str, str] = {}
    for line in lines:
        if line.startswith("  "):  # the licence, at the top
            continue
        fields = line.split(" ")
        count = int(fields[3], 16)
        words = fields[4 : 4 + 2 * count : 2]
        words_by_synset[f"n{fields[0]}"] = ", ".join(word.replace("_", " ") for word in words)
    return words_by_synset


def main() -> None:
    """Write the table; refuse a list that is not 1000 different synsets of WordNet 3.0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synsets", type=Path, help="timm/data/_info/imagenet_synsets.txt")
    parser.add_argument("wordnet", type=Path, help="data.noun of WordNet 3.0")
    arguments = parser.parse_args()
    synsets = sorted(set(arguments.synsets.read_text().split()))
    if len(synsets) != 1000:
        parser.error(f"{arguments.synsets} has {len(synsets)} different synsets, not 1000")
    with arguments.wordnet.open(encoding="latin-1") as file:
        names = nouns(file)
    unknown = [synset for synset in synsets if synset not in names]
    if unknown:
        parser.error(f"{arguments.wordnet} does not have {', '.join(unknown[:5])}: is it WordNet 3.0?")
    OUTPUT.write_text("".join(f"{synset}\t{names[synset]}\n" for synset in synsets), encoding="utf-8")
    print(f"wrote {len(synsets)} classes to {OUTPUT}")


if __name__ == "__main__":
    main()
