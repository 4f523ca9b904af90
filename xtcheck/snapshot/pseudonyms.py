"""Other texts in place of names, addresses and ids: of the same form, always the same for the same, and no way back.

A pseudonym is made of a keyed digest; the key is random and never kept. Texts are replaced word by word, so that what
was a part, a prefix or another spelling of something stays so: ``Sofia Martinez|AnyOrganizationOne`` still begins with
her name and ends with the organization's, ``sofia_anyorganizationone.com#EXT#@…`` still belongs to her address, and two
names that differ only by a dash, a blank or letter case still do.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from xtcheck.snapshot import vocabulary

CONSONANTS, VOWELS = "bcdfghjklmnpqrstvwxz", "aeiou"
SYLLABLES = 7
"""100⁷ words: among two million names the chance that two become one is one in fifty."""
FOREIGN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüý"
"""What letters outside ASCII become: such a letter ends what a service is asked for as a name's beginning."""
FOREIGNERS = 10

TEXT = re.compile(
    r"""
    (?P<kept>\$\{[^{}]*\}                                            # a variable of a policy
      |\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?             # a date, a time
      |(?<![\w-])(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-(?:gov-|iso[a-z]?-)?
         (?:(?:north|south|central)?(?:east|west)?|north|south|central)-\d(?![\w-])       # an AWS Region
      |[A-Za-z0-9+/]{64,}={0,2}                                      # a certificate
    )
    |(?P<guid>(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z]))
    |(?P<compact>(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z]))        # the same in the ids of jobs
    |(?P<account>(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z]))
    |(?P<store>(?<![0-9A-Za-z])(?:d-)?[0-9a-f]{10}(?=-[0-9a-f]{8}-|(?<=d-..........))(?![0-9A-Za-z]))
    |(?P<resource>(?<![\w-])(?:ssoins|ps|tti|apl|o|ou|r|p)-[0-9a-z-]{8,}(?![\w-]))
    |(?P<word>[A-Za-z0-9]+|[^\W\d_a-zA-Z]+)
    """,
    re.VERBOSE,
)


class Pseudonyms:
    """One key, and the words that name somebody; all other words stay."""

    def __init__(self, names: frozenset[str], key: bytes | None = None) -> None:
        """``names`` are in small letters."""
        self._names = names
        self._key = key or secrets.token_bytes(32)
        self._word = lru_cache(maxsize=100_000)(self._word_of)

    def text(self, text: str) -> str:
        """A text with every name and id in it replaced."""
        return TEXT.sub(self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        text = found[0]
        match found.lastgroup:
            case "word":
                return self._word(text)
            case "guid":
                return self._guid(text)
            case "compact":
                return self._guid(str(UUID(hex=text))).replace("-", "")
            case "account":
                return f"{int.from_bytes(self._digest('account', text)) % 10**12:012d}"
            case "store":
                return text[:-10] + self._digest("store", text[-10:]).hex()[:10]
            case "resource":
                prefix, _, rest = text.partition("-")
                return f"{prefix}-{self._digest(prefix, rest).hex()[: len(rest)]}"
            case _:
                return text

    def _guid(self, text: str) -> str:
        if text.lower() in vocabulary.guids():
            return text
        made = str(self._uuid(text.lower()))
        return made.upper() if text != text.lower() else made

    def _uuid(self, text: str) -> UUID:
        """One of the same version and variant."""
        old, digest = UUID(text).bytes, bytearray(self._digest("guid", text)[:16])
        digest[6] = old[6] & 0xF0 | digest[6] & 0x0F
        digest[8] = old[8] & 0xE0 | digest[8] & 0x1F
        return UUID(bytes=bytes(digest))

    def _word_of(self, word: str) -> str:
        plain = word.casefold()
        if plain not in self._names:
            return word
        made = self._letters(plain)
        if word == plain:
            return made
        if word == plain.upper() and len(word) > 1:
            return made.upper()
        if word == plain.capitalize():
            return made.capitalize()
        # Some other spelling: its own letter case, that is none of the three above.
        bits = int.from_bytes(self._digest("case", word))
        spelt = "".join(glyph.upper() if bits >> index & 1 else glyph for index, glyph in enumerate(made))
        return spelt[0] + spelt[1].upper() + spelt[2].lower() + spelt[3:]

    def _letters(self, plain: str) -> str:
        number = int.from_bytes(self._digest("word", plain))
        if not plain.isascii():
            return "".join(FOREIGN[(number >> 8 * index) % len(FOREIGN)] for index in range(FOREIGNERS))
        made = ""
        for _ in range(SYLLABLES):
            number, syllable = divmod(number, 100)
            made += CONSONANTS[syllable // 5] + VOWELS[syllable % 5]
        return made

    def _digest(self, kind: str, text: str) -> bytes:
        # JSON may hold half of a surrogate pair.
        data = text.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._key, person=kind.encode(), digest_size=24).digest()
