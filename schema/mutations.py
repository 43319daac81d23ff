"""What the API changes. A payload carries what became of it and what kept it from being done."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from graph.records import Unread
from schema.answers import Rejection, SavedSearch
from schema.enums import IntakeChange, UserErrorCode
from schema.fields import changing, told
from schema.inputs import (
    CorrectSubmissionInput,
    DeleteSavedSearchInput,
    DismissRejectionInput,
    FileSubmissionInput,
    JoinCasesInput,
    JoinPartiesInput,
    NameAccusedInput,
    PartCasesInput,
    PartPartiesInput,
    PartSubmissionInput,
    RenameSavedSearchInput,
    RetryRejectionInput,
    RevealInput,
    SaveSearchInput,
    SubmitHotlineTicketInput,
    SubmitLetterInput,
    SubmitVisitInput,
    SubmitWebMessageInput,
)
from schema.ports import Info
from schema.types import Case, Party, Submission


@strawberry.type(description="A value within a message.")
class MessageArgument:
    name: str = told("The name that stands for it in the template.")
    value: str = told("The value, as it stands in the message.")


@strawberry.type(description="What kept a mutation from being done.")
class UserError:
    code: UserErrorCode = told("Why, for a program.")
    field: list[str] = told("The path of the input's field that is at fault; empty for the whole.")
    message: str = told("What is wrong and what to do, for a person, in the language that was asked for.")
    template: str = told("The message in English with the names of its arguments in braces, to say it in own words.")
    arguments: list[MessageArgument] = told("What stands in the place of each name.")


def _errors() -> Any:
    return strawberry.field(default_factory=list, description="What kept it from being done; empty when it was.")


@strawberry.type(description="What became of a submission.")
class SubmitPayload:
    submission: Submission | None = strawberry.field(default=None, description="The submission as it stands.")
    case: Case | None = strawberry.field(default=None, description="The case it is filed in.")
    receipt_code: str | None = strawberry.field(default=None, description="查询码 for the petitioner.")
    change: IntakeChange | None = strawberry.field(default=None, description="What was changed.")
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of joining or parting cases.")
class CasePayload:
    case: Case | None = strawberry.field(default=None, description="The leading case; after parting, the one parted.")
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of filing or parting a submission.")
class FilePayload:
    submission: Submission | None = strawberry.field(default=None, description="The submission.")
    case: Case | None = strawberry.field(default=None, description="The case it is filed in now.")
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of naming whom an accusation accuses.")
class NameAccusedPayload:
    submission: Submission | None = strawberry.field(
        default=None, description="The submission, where it is still seen."
    )
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of correcting a submission.")
class CorrectSubmissionPayload:
    submission: Submission | None = strawberry.field(
        default=None, description="The submission, where it is still seen."
    )
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of joining or parting parties.")
class PartyPayload:
    one: Party | None = strawberry.field(default=None, description="The party of the one mention now.")
    other: Party | None = strawberry.field(default=None, description="The party of the other mention now.")
    errors: list[UserError] = _errors()


@strawberry.type(
    description="A column or key of a record that was not read; it stands in the record as received alone."
)
class UnreadField:
    name: str = told("Its name, as the source writes it.")
    why: Unread = told("Why.")
    nearest: str | None = told("Of an unknown one the known name most like it; of a doubled one what was read instead.")


@strawberry.type(description="What became of a second try.")
class RetryPayload:
    rejection: Rejection | None = strawberry.field(default=None, description="The rejection as it stands.")
    submission: Submission | None = strawberry.field(default=None, description="What it became.")
    unread: list[UnreadField] = strawberry.field(
        default_factory=list, description="What of it was not read, once it is in."
    )
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of dismissing a rejection.")
class DismissPayload:
    rejection: Rejection | None = strawberry.field(default=None, description="The rejection as it stands.")
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of saving or renaming a search.")
class SavedSearchPayload:
    saved_search: SavedSearch | None = strawberry.field(default=None, description="The saved search.")
    errors: list[UserError] = _errors()


@strawberry.type(description="What became of deleting a saved search.")
class DeleteSavedSearchPayload:
    id: strawberry.ID | None = strawberry.field(default=None, description="The id of what was deleted.")
    errors: list[UserError] = _errors()


@strawberry.type(description="A person or organisation as a submission names it, in clear.")
class RevealedMention:
    name: str | None = told("Its name.")
    identity_number: str | None = told("Its identity number.")
    phone: str | None = told("Its telephone number.")
    address: str | None = told("Its address.")
    account: str | None = told("Its user name on the source's platform.")
    email: str | None = told("Its e-mail address.")


@strawberry.type(description="A text as it was received, with nothing masked.")
class RevealedText:
    title: str | None = told("The title of a submission, the name of an attachment; null of an event.")
    text: str = told("The text.")


@strawberry.type(description="What was shown; that it was shown is on record.")
class RevealPayload:
    mention: RevealedMention | None = strawberry.field(default=None, description="What was sealed of a mention.")
    text: RevealedText | None = strawberry.field(default=None, description="What was sealed of a text.")
    errors: list[UserError] = _errors()


def _given(description: str) -> Any:
    return strawberry.argument(name="input", description=description)


@strawberry.type(description="What can be changed.")
class Mutation:
    @changing("Enter a letter.")
    async def submit_letter(
        self, info: Info, entered: Annotated[SubmitLetterInput, _given("The letter.")]
    ) -> SubmitPayload | None:
        return await info.context.writes.submit_letter(entered)

    @changing("Enter a visit at the reception desk.")
    async def submit_visit(
        self, info: Info, entered: Annotated[SubmitVisitInput, _given("The visit.")]
    ) -> SubmitPayload | None:
        return await info.context.writes.submit_visit(entered)

    @changing("Enter a hotline ticket.")
    async def submit_hotline_ticket(
        self, info: Info, entered: Annotated[SubmitHotlineTicketInput, _given("The ticket.")]
    ) -> SubmitPayload | None:
        return await info.context.writes.submit_hotline_ticket(entered)

    @changing("Enter a web message.")
    async def submit_web_message(
        self, info: Info, entered: Annotated[SubmitWebMessageInput, _given("The message.")]
    ) -> SubmitPayload | None:
        return await info.context.writes.submit_web_message(entered)

    @changing("Join two cases that are one matter; nothing moves, one leads.")
    async def join_cases(
        self, info: Info, entered: Annotated[JoinCasesInput, _given("The cases.")]
    ) -> CasePayload | None:
        return await info.context.writes.join_cases(entered)

    @changing("Part a case from the one it follows, as if they had never been joined.")
    async def part_cases(
        self, info: Info, entered: Annotated[PartCasesInput, _given("The case.")]
    ) -> CasePayload | None:
        return await info.context.writes.part_cases(entered)

    @changing("File a submission under another case.")
    async def file_submission(
        self, info: Info, entered: Annotated[FileSubmissionInput, _given("The submission and the case.")]
    ) -> FilePayload | None:
        return await info.context.writes.file_submission(entered)

    @changing("Take a submission out of its case and give it one of its own.")
    async def part_submission(
        self, info: Info, entered: Annotated[PartSubmissionInput, _given("The submission.")]
    ) -> FilePayload | None:
        return await info.context.writes.part_submission(entered)

    @changing("Name all organs that an accusation accuses; it is kept from their staff, and goes to the others.")
    async def name_accused(
        self, info: Info, entered: Annotated[NameAccusedInput, _given("The accusation and whom it accuses.")]
    ) -> NameAccusedPayload | None:
        return await info.context.writes.name_accused(entered)

    @changing("Set what a submission is, what it is about, where it belongs and to whom it goes, or take that back.")
    async def correct_submission(
        self, info: Info, entered: Annotated[CorrectSubmissionInput, _given("The submission and what is set of it.")]
    ) -> CorrectSubmissionPayload | None:
        return await info.context.writes.correct_submission(entered)

    @changing("Decide that two mentions are one party.")
    async def join_parties(
        self, info: Info, entered: Annotated[JoinPartiesInput, _given("The mentions.")]
    ) -> PartyPayload | None:
        return await info.context.writes.join_parties(entered)

    @changing("Decide that two mentions are not one party; binds every later run.")
    async def part_parties(
        self, info: Info, entered: Annotated[PartPartiesInput, _given("The mentions.")]
    ) -> PartyPayload | None:
        return await info.context.writes.part_parties(entered)

    @changing("Try again to take in what was rejected.")
    async def retry_rejection(
        self, info: Info, entered: Annotated[RetryRejectionInput, _given("The rejection.")]
    ) -> RetryPayload | None:
        return await info.context.writes.retry_rejection(entered)

    @changing("Decide that something rejected need not be taken in; it stays on record with who decided and why.")
    async def dismiss_rejection(
        self, info: Info, entered: Annotated[DismissRejectionInput, _given("The rejection, and why.")]
    ) -> DismissPayload | None:
        return await info.context.writes.dismiss_rejection(entered)

    @changing("Save a search about a matter, to be alerted of new matches.")
    async def save_search(
        self, info: Info, entered: Annotated[SaveSearchInput, _given("The search.")]
    ) -> SavedSearchPayload | None:
        return await info.context.writes.save_search(entered)

    @changing("Give a saved search another name.")
    async def rename_saved_search(
        self, info: Info, entered: Annotated[RenameSavedSearchInput, _given("Which, and the name.")]
    ) -> SavedSearchPayload | None:
        return await info.context.writes.rename_saved_search(entered)

    @changing("Delete a saved search with its alerts.")
    async def delete_saved_search(
        self, info: Info, entered: Annotated[DeleteSavedSearchInput, _given("Which.")]
    ) -> DeleteSavedSearchPayload | None:
        return await info.context.writes.delete_saved_search(entered)

    @changing("Show a sealed identity or text in clear. Who, what and why is put on record first.")
    async def reveal(
        self, info: Info, entered: Annotated[RevealInput, _given("What, and why.")]
    ) -> RevealPayload | None:
        return await info.context.writes.reveal(entered)
