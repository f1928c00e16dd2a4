"""What an error looks like (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.models.fields import Out


class FieldProblem(Out):
    """One wrong field of a request."""

    field: Annotated[str, Field(description="Path of the field", examples=["children.0.value"])]
    value: Annotated[str, Field(description="What was given", examples=["12.5"])]
    problem: Annotated[str, Field(examples=["the amount '12.5' is not a whole number of fen"])]
    way_out: Annotated[str, Field(examples=["write it as a string of digits"])]


class CellProblem(Out):
    """One wrong cell of a file."""

    row: Annotated[int, Field(description="As the spreadsheet shows it", examples=[7])]
    column: Annotated[str, Field(examples=["金额(元)"])]
    value: Annotated[str, Field(examples=["12.345"])]
    problem: Annotated[str, Field(examples=["the amount has more than two decimals"])]
    way_out: Annotated[str, Field(examples=["write yuan with at most two decimals"])]


class Problem(Out):
    """Every error answer. Programs look at `code`, people read `detail`."""

    type: Annotated[str, Field(examples=["urn:goldticket:problem:not-found"])]
    title: Annotated[str, Field(examples=["There is no such thing, or you are not a party to it"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[
        str,
        Field(
            description="Which value is wrong, and what to do",
            examples=["There is no such act, or your company is no party to it."],
        ),
    ]
    code: Annotated[str, Field(description="Stable name in kebab case", examples=["not-found"])]
    instance: Annotated[str, Field(description="The path that was asked", examples=["/v1/acts/0x00"])]
    evidence: Annotated[
        dict[str, Any],
        Field(
            description="The values behind it: integers (fen among them) as decimal strings, bytes as 0x hex",
            examples=[{"act": "0x00"}],
        ),
    ]
    errors: Annotated[
        list[FieldProblem | CellProblem],
        Field(description="Each wrong field of a request, or wrong cell of a file", examples=[[]]),
    ]
