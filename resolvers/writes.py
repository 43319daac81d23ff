"""The mutations: what was entered becomes drafts and commands, what went wrong becomes typed errors, in one place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, assert_never

from graph.errors import ConflictError, GraphError, InvalidError, InvalidFieldsError, NotFoundError
from graph.intake import Change
from graph.organs import normalise_organ
from graph.policy import Action, Authority, ForbiddenError
from graph.records import CaseId, Correctable, MentionId, RejectionId, SavedSearchId, SubmissionId, UploadId
from graph.revealing import Request, Revealable, RevealedMention, RevealedText
from graph.text.numbers import masked
from resolvers.conditions import clean
from resolvers.drafts import draft_of
from resolvers.faults import faults_of
from resolvers.roots import ref
from resolvers.search import filter_of, impossible
from schema import answers, mutations, types
from schema.enums import IntakeChange, UserErrorCode
from schema.errors import RequestError, argument
from schema.ids import key_of, split_id
from wording import Wording, verbatim
from wording.catalogue import parts, told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from graph.intake import Outcome
    from graph.policy import Viewer
    from graph.records import DocumentDraft
    from resolvers.doors import Doors
    from resolvers.faults import Entered
    from schema import inputs
    from search.records import SearchFilter

LONGEST_REASON: Final = 2_000
LONGEST_ORGAN: Final = 200
MOST_ORGANS: Final = 50
MOST_ATTACHMENTS: Final = 20
"""Of one submission: all of them are in memory while it is taken in."""


class Payload(Protocol):
    """What every mutation answers."""

    errors: list[mutations.UserError]


P = TypeVar("P", bound=Payload)


def user_error(error: GraphError | RequestError) -> mutations.UserError:
    """Return what a user is told of a domain error."""
    code, path = UserErrorCode.INVALID, [] if not isinstance(error, InvalidError) else error.field.split(".")
    if isinstance(error, NotFoundError):
        code = UserErrorCode.NOT_FOUND
    elif isinstance(error, ConflictError):
        code = UserErrorCode.CONFLICT
    elif not isinstance(error, InvalidError | RequestError):
        raise error
    return told_as(code, path, error.message if isinstance(error, InvalidError) else error.wording)


def told_as(code: UserErrorCode, path: list[str], wording: Wording) -> mutations.UserError:
    """Return what a user is told, in the language of whoever asks."""
    said = parts(wording)
    arguments = [mutations.MessageArgument(name=name, value=str(value)) for name, value in said["arguments"].items()]
    return mutations.UserError(
        code=code, field=path, message=told(wording), template=said["template"], arguments=arguments
    )


def _key(name: str, kind: str, text: str) -> UUID:
    """Return an input's key; raise InvalidError, which names the field, where it is none."""
    try:
        return key_of(kind, text)
    except RequestError as error:
        raise InvalidError(name, error.wording) from error


def _reason(text: str) -> str:
    """Return a reason as it may stand in clear; raise InvalidError for none."""
    if not text.strip() or len(text) > LONGEST_REASON or "\0" in text:
        raise InvalidError("reason", Wording("Give a reason of 1 to {longest} characters.", longest=LONGEST_REASON))
    return masked(text)


def _organs(names: Sequence[str]) -> list[str]:
    """Return names of organs; raise InvalidError, which tells which is none."""
    if len(names) > MOST_ORGANS:
        raise InvalidError("organs", Wording("Name at most {most} organs.", most=MOST_ORGANS))
    for place, name in enumerate(names, 1):
        if len(name) > LONGEST_ORGAN or not normalise_organ(_text("organs", name)):
            raise InvalidError(
                "organs",
                Wording(
                    "Name {place} is none of an organ: give 1 to {longest} characters.",
                    place=place,
                    longest=LONGEST_ORGAN,
                ),
            )
    return list(names)


def _corrected(entered: inputs.CorrectSubmissionInput) -> dict[Correctable, str | None]:
    """Return what is to be set, and null for what is taken back; raise InvalidError where something is both."""
    given = {
        Correctable.KIND: entered.kind and entered.kind.value, Correctable.TOPIC: entered.topic,
        Correctable.DIVISION: entered.division, Correctable.ORGAN: entered.organ,
    }  # fmt: skip
    asked = {name: text for name, text in given.items() if text is not None}
    back = [Correctable(one) for one in entered.take_back]
    if twice := sorted(set(back) & asked.keys()):
        raise InvalidError("takeBack", Wording("{twice} cannot be set and taken back at once.", twice=", ".join(twice)))
    return asked | dict.fromkeys(back)


def _text(name: str, text: str) -> str:
    """Return a text as it is; raise InvalidError, which names the field, where it cannot be stored."""
    try:
        return clean(name, text)
    except RequestError as error:
        raise InvalidError(name, error.wording) from error


def _chosen(given: inputs.SearchFilter | None, zone: ZoneInfo) -> SearchFilter:
    """Return what hits must be; raise InvalidError, which names the field, where that can be nothing."""
    if impossible(given):
        raise InvalidError("filter", Wording("An empty choice allows nothing, so this would never find anything."))
    try:
        with argument("filter"):
            return filter_of(given, zone)
    except RequestError as error:
        raise InvalidError(str((error.extensions or {})["argument"]), error.wording) from error


class GraphWrites:
    """Implements `schema.ports.Writes` for one viewer, who is put on record."""

    def __init__(self, doors: Doors, viewer: Viewer) -> None:
        self._doors = doors
        self._viewer = viewer

    async def _answered(self, work: Awaitable[P], refused: Callable[..., P]) -> P:
        try:
            return await work
        except ForbiddenError as error:
            raise RequestError("FORBIDDEN", error.wording) from error
        except InvalidFieldsError as error:
            return refused(errors=[user_error(fault) for fault in error.faults])
        except (GraphError, RequestError) as error:
            return refused(errors=[user_error(error)])

    # Submissions ---------------------------------------------------------------------------------------------------

    async def submit_letter(self, entered: inputs.SubmitLetterInput) -> mutations.SubmitPayload:
        return await self._answered(self._submit(entered), mutations.SubmitPayload)

    async def submit_visit(self, entered: inputs.SubmitVisitInput) -> mutations.SubmitPayload:
        return await self._answered(self._submit(entered), mutations.SubmitPayload)

    async def submit_hotline_ticket(self, entered: inputs.SubmitHotlineTicketInput) -> mutations.SubmitPayload:
        return await self._answered(self._submit(entered), mutations.SubmitPayload)

    async def submit_web_message(self, entered: inputs.SubmitWebMessageInput) -> mutations.SubmitPayload:
        return await self._answered(self._submit(entered), mutations.SubmitPayload)

    async def _submit(self, entered: Entered) -> mutations.SubmitPayload:
        now, authority = self._doors.clock(), Authority(self._viewer, Action.SUBMIT)
        authority.require(())  # before files are opened for them
        found = await faults_of(entered, self._viewer, now, self._doors.intake.vocabulary)
        uploads = _uploads(entered.attachments, found)
        if found:
            raise InvalidFieldsError(found)
        draft = draft_of(entered, self._viewer, await self._attached(uploads, now))
        (outcome,) = await self._doors.intake.take_in([draft], actor=self._viewer.name, now=now, authority=authority)
        payload = mutations.SubmitPayload(
            receipt_code=outcome.receipt_code, change=IntakeChange(outcome.change), errors=rejected(outcome)
        )
        if outcome.submission and outcome.case:
            payload.submission = ref(types.Submission, outcome.submission)
            payload.case = ref(types.Case, outcome.case)
        return payload

    async def _attached(self, uploads: Sequence[UploadId], now: datetime) -> list[DocumentDraft]:
        """Return what attachments are, with their text layers; raise InvalidError, which names the field."""
        documents = await self._doors.uploads.open(uploads, now) if uploads else []
        return [await asyncio.to_thread(self._with_text, document) for document in documents]

    def _with_text(self, document: DocumentDraft) -> DocumentDraft:
        text, confidence = self._doors.text_of(document.name, document.media_type, document.content)
        return replace(document, text=text, confidence=confidence)

    async def file_submission(self, entered: inputs.FileSubmissionInput) -> mutations.FilePayload:
        async def work() -> mutations.FilePayload:
            submission = SubmissionId(_key("submission", "Submission", entered.submission))
            case = CaseId(_key("case", "Case", entered.case))
            await self._doors.commands.file_submission(
                submission=submission,
                case=case,
                reason=_reason(entered.reason),
                by=self._viewer,
                now=self._doors.clock(),
            )
            return _filed(submission, case)

        return await self._answered(work(), mutations.FilePayload)

    async def part_submission(self, entered: inputs.PartSubmissionInput) -> mutations.FilePayload:
        async def work() -> mutations.FilePayload:
            submission = SubmissionId(_key("submission", "Submission", entered.submission))
            own = await self._doors.commands.part_submission(
                submission=submission, by=self._viewer, now=self._doors.clock()
            )
            return _filed(submission, own)

        return await self._answered(work(), mutations.FilePayload)

    # Cases ---------------------------------------------------------------------------------------------------------

    async def join_cases(self, entered: inputs.JoinCasesInput) -> mutations.CasePayload:
        async def work() -> mutations.CasePayload:
            leading = CaseId(_key("leading", "Case", entered.leading))
            await self._doors.commands.join_cases(
                leading=leading,
                other=CaseId(_key("other", "Case", entered.other)),
                reason=_reason(entered.reason),
                by=self._viewer,
                now=self._doors.clock(),
            )
            return mutations.CasePayload(case=ref(types.Case, leading))

        return await self._answered(work(), mutations.CasePayload)

    async def part_cases(self, entered: inputs.PartCasesInput) -> mutations.CasePayload:
        async def work() -> mutations.CasePayload:
            case = CaseId(_key("case", "Case", entered.case))
            await self._doors.commands.part_cases(case=case, by=self._viewer, now=self._doors.clock())
            return mutations.CasePayload(case=ref(types.Case, case))

        return await self._answered(work(), mutations.CasePayload)

    # Accusations ---------------------------------------------------------------------------------------------------

    async def name_accused(self, entered: inputs.NameAccusedInput) -> mutations.NameAccusedPayload:
        async def work() -> mutations.NameAccusedPayload:
            submission = SubmissionId(_key("submission", "Submission", entered.submission))
            await self._doors.commands.name_accused(
                submission=submission,
                organs=_organs(entered.organs),
                reason=_reason(entered.reason),
                by=self._viewer,
                now=self._doors.clock(),
            )
            return mutations.NameAccusedPayload(submission=ref(types.Submission, submission))

        return await self._answered(work(), mutations.NameAccusedPayload)

    async def correct_submission(self, entered: inputs.CorrectSubmissionInput) -> mutations.CorrectSubmissionPayload:
        async def work() -> mutations.CorrectSubmissionPayload:
            submission = SubmissionId(_key("submission", "Submission", entered.submission))
            await self._doors.commands.correct_submission(
                submission=submission,
                asked=_corrected(entered),
                reason=_reason(entered.reason),
                by=self._viewer,
                now=self._doors.clock(),
            )
            return mutations.CorrectSubmissionPayload(submission=ref(types.Submission, submission))

        return await self._answered(work(), mutations.CorrectSubmissionPayload)

    # Parties -------------------------------------------------------------------------------------------------------

    async def join_parties(self, entered: inputs.JoinPartiesInput) -> mutations.PartyPayload:
        async def work() -> mutations.PartyPayload:
            one, other = _mentions(entered.one, entered.other)
            await self._doors.commands.join_parties(
                one=one, other=other, reason=_reason(entered.reason), by=self._viewer, now=self._doors.clock()
            )
            return _parties(one, other)

        return await self._answered(work(), mutations.PartyPayload)

    async def part_parties(self, entered: inputs.PartPartiesInput) -> mutations.PartyPayload:
        async def work() -> mutations.PartyPayload:
            one, other = _mentions(entered.one, entered.other)
            await self._doors.commands.part_parties(one=one, other=other, by=self._viewer, now=self._doors.clock())
            return _parties(one, other)

        return await self._answered(work(), mutations.PartyPayload)

    # Rejections ----------------------------------------------------------------------------------------------------

    async def retry_rejection(self, entered: inputs.RetryRejectionInput) -> mutations.RetryPayload:
        async def work() -> mutations.RetryPayload:
            authority = Authority(self._viewer, Action.RETRY)
            rejection = RejectionId(_key("rejection", "Rejection", entered.rejection))
            outcome = await self._doors.retry.retry(
                rejection, actor=self._viewer.name, now=self._doors.clock(), authority=authority
            )
            return mutations.RetryPayload(
                rejection=ref(answers.Rejection, rejection),
                submission=ref(types.Submission, outcome.submission) if outcome.submission else None,
                unread=[
                    mutations.UnreadField(name=one.name, why=one.why, nearest=one.nearest) for one in outcome.unread
                ],
                errors=rejected(outcome),
            )

        return await self._answered(work(), mutations.RetryPayload)

    async def dismiss_rejection(self, entered: inputs.DismissRejectionInput) -> mutations.DismissPayload:
        async def work() -> mutations.DismissPayload:
            authority = Authority(self._viewer, Action.DISMISS)
            rejection = RejectionId(_key("rejection", "Rejection", entered.rejection))
            await self._doors.intake.dismiss(
                rejection, _reason(entered.reason), actor=self._viewer.name, now=self._doors.clock(),
                authority=authority,
            )  # fmt: skip
            return mutations.DismissPayload(rejection=ref(answers.Rejection, rejection))

        return await self._answered(work(), mutations.DismissPayload)

    # Saved searches ------------------------------------------------------------------------------------------------

    async def save_search(self, entered: inputs.SaveSearchInput) -> mutations.SavedSearchPayload:
        async def work() -> mutations.SavedSearchPayload:
            search = await self._doors.saving.save(
                name=entered.name, text=_text("query", entered.query), chosen=_chosen(entered.filter, self._doors.zone),
                by=self._viewer, now=self._doors.clock(),
            )  # fmt: skip
            return mutations.SavedSearchPayload(saved_search=ref(answers.SavedSearch, search))

        return await self._answered(work(), mutations.SavedSearchPayload)

    async def rename_saved_search(self, entered: inputs.RenameSavedSearchInput) -> mutations.SavedSearchPayload:
        async def work() -> mutations.SavedSearchPayload:
            search = SavedSearchId(_key("id", "SavedSearch", entered.id))
            await self._doors.saving.rename(
                search=search, name=_text("name", entered.name), by=self._viewer, now=self._doors.clock()
            )
            return mutations.SavedSearchPayload(saved_search=ref(answers.SavedSearch, search))

        return await self._answered(work(), mutations.SavedSearchPayload)

    async def delete_saved_search(self, entered: inputs.DeleteSavedSearchInput) -> mutations.DeleteSavedSearchPayload:
        async def work() -> mutations.DeleteSavedSearchPayload:
            search = SavedSearchId(_key("id", "SavedSearch", entered.id))
            await self._doors.saving.delete(search=search, by=self._viewer, now=self._doors.clock())
            return mutations.DeleteSavedSearchPayload(id=entered.id)

        return await self._answered(work(), mutations.DeleteSavedSearchPayload)

    # What is sealed ------------------------------------------------------------------------------------------------

    async def reveal(self, entered: inputs.RevealInput) -> mutations.RevealPayload:
        return await self._answered(self._revealed(entered), mutations.RevealPayload)

    async def _revealed(self, entered: inputs.RevealInput) -> mutations.RevealPayload:
        kind, key = _revealable(entered.id)
        reason = _reason(entered.reason)
        request = Request(kind=kind, subject=key, by=self._viewer, reason=reason, now=self._doors.clock())
        match await self._doors.revealing.reveal(request):
            case RevealedMention() as mention:
                told = {name: getattr(mention, name) for name in RevealedMention.__dataclass_fields__}
                return mutations.RevealPayload(mention=mutations.RevealedMention(**told))
            case RevealedText() as text:
                return mutations.RevealPayload(text=mutations.RevealedText(title=text.title, text=text.text))
            case never:
                assert_never(never)


def _revealable(text: str) -> tuple[Revealable, UUID]:
    """Return the type and key of what can be revealed; raise InvalidError, which names the field, for all else."""
    try:
        kind, key = split_id(text)
        return Revealable(kind), key
    except (RequestError, ValueError):
        message = Wording("This is not the id of a mention, submission, revision, event or document.")
        raise InvalidError("id", message) from None


def _uploads(named: Sequence[str], faults: list[InvalidError]) -> list[UploadId]:
    """Return the uploads that are named; what is wrong with them is added to the faults."""
    uploads: list[UploadId] = []
    if len(named) > MOST_ATTACHMENTS:
        faults.append(
            InvalidError(
                "attachments",
                Wording("At most {most} are taken. Send the rest with a revision.", most=MOST_ATTACHMENTS),
            )
        )
        return uploads
    for number, text in enumerate(named):
        field = f"attachments.{number}"
        try:
            upload = UploadId(_key(field, "Upload", text))
        except InvalidError as fault:
            faults.append(fault)
            continue
        if upload in uploads:
            faults.append(InvalidError(field, Wording("This upload is named twice. Name it once.")))
        uploads.append(upload)
    return uploads


def _filed(submission: SubmissionId, case: CaseId) -> mutations.FilePayload:
    return mutations.FilePayload(submission=ref(types.Submission, submission), case=ref(types.Case, case))


def _parties(one: MentionId, other: MentionId) -> mutations.PartyPayload:
    return mutations.PartyPayload(one=ref(types.Party, one), other=ref(types.Party, other))


def _mentions(one: str, other: str) -> tuple[MentionId, MentionId]:
    return MentionId(_key("one", "Mention", one)), MentionId(_key("other", "Mention", other))


def rejected(outcome: Outcome) -> list[mutations.UserError]:
    """Return what a user is told of a record that was not taken in."""
    if outcome.change is not Change.REJECTED:
        return []
    unknown = Wording("It could not be taken in; the rejection is kept.")
    return [told_as(UserErrorCode.REJECTED, [], verbatim(outcome.message) if outcome.message else unknown)]
