"""The customers of the demonstration: generated people, the same on every run."""

from dataclasses import dataclass
from typing import Any

SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰涛明超"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
"""GB 11643-1999: the check digits of an identity number, by the weighted sum of the others."""


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """One customer in the CRM."""

    id: str
    name: str
    phone: str
    identity_number: str

    @classmethod
    def of(cls, id_: str, number: int, district: str) -> "DemoCustomer":
        """Generate customer `number`, with a place of birth in `district`."""
        family, given = (
            SURNAMES[number % len(SURNAMES)],
            GIVEN_NAMES[number // 7 % len(GIVEN_NAMES)],
        )
        born = f"19{60 + number % 40}{1 + number % 12:02}{1 + number % 28:02}"
        first = f"{district}{born}{number % 1000:03}"
        return cls(id_, family + given, f"139{number:08}", first + check_digit(first))

    def as_identified_party(self) -> dict[str, Any]:
        """Return the customer as a related party with a real-name check."""
        check = {
            "system": "RNV",
            "reference": f"RNV-{self.id}",
            "documentType": "residentIdentityCard",
            "documentNumber": self.identity_number,
        }
        return self.as_related_party() | {"realNameCheck": check}

    def as_related_party(self) -> dict[str, Any]:
        """Return the customer as an order's related party."""
        return {
            "id": self.id,
            "role": "customer",
            "name": self.name,
            "@referredType": "Individual",
            "contactMedium": [
                {"mediumType": "phone", "characteristic": {"phoneNumber": self.phone}}
            ],
            "individualIdentification": [{"identificationId": self.identity_number}],
        }


def check_digit(first: str) -> str:
    """Return the check digit of an identity number, from its first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return CHECK_DIGITS[total % len(CHECK_DIGITS)]
