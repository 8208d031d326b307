"""What the editor's scripts say."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EDITOR_TEXTS: dict[str, Promise] = {
    "kept": _("Unsaved; kept at {time}"),
    "keptHere": _("Unsaved; kept in this browser only"),
    "decideFirst": _("Unsaved; kept in this browser only, until you have decided about the earlier text"),
    "offline": _(
        "No connection. What you type is kept in this browser and sent when the connection is back."
    ),
    "expired": _("Your sign-in has ended. What you type is kept in this browser; nothing is lost."),
    "signIn": _("Sign in again in a new tab"),
    "otherAccount": _("Another account has signed in here. This text is kept in this browser and not sent."),
    "signedIn": _("Signed in again. You can go on."),
    "thisComputer": _("this computer"),
    "otherComputer": _("another computer"),
    "goOnHere": _("Keep this text instead"),
    "lock": _("{person} has been editing this item since {since}."),
    "lockDevice": _("{person} has been editing this item since {since}, on {device}."),
    "taken": _(
        "{person} went on editing in your place. What you typed is kept; saving will show both texts."
    ),
    "newer": _("A newer version was saved while you were writing. When you save, you will see both."),
    "changed": _("Changed by the clean-up (undo with Ctrl+Z):"),
    "unchanged": _("Nothing had to be changed."),
    "times": _("{label}: {count}"),
    "example": _("e.g. {before} → {after}"),
    "failed": _("This didn't work. Your text is unchanged."),
    "pasteFallback": _(
        "The clean-up couldn't be reached. The text was pasted as it was and is cleaned when saved."
    ),
    "pasteTooLong": _("What you pasted is too long. Paste it in parts, or attach the file."),
    "count": _("{count} characters"),
    "noFindings": _("Nothing found."),
    "findings": _("{count} places found"),
    "findingsCut": _("{total} places found, the {count} most important are shown"),
    "checking": _("Checking…"),
    "checkFailed": _("The text couldn't be checked just now. It is checked again at submission."),
    "mustMend": _("{count} places must be mended or justified before the item can be submitted."),
    "noAlternative": _("Picture {number} in the text has no description."),
    "noCaption": _("Picture {number} in the text has no caption."),
    "noWordsFix": _("Say in a few words what it shows."),
    "pictureWords": _("Description and caption"),
    "takeWords": _("Put below the picture"),
    "replace": _("Replace with “{text}”"),
    "remove": _("Take it out"),
    "justify": _("Give a reason why it stays"),
    "reason": _("Reason"),
    "keepReason": _("Keep the reason"),
    "justified": _("Justified: {reason}"),
    "goThere": _("Show the place"),
    "veto": _("Veto"),
    "error": _("Error"),
    "warning": _("Warning"),
    "advice": _("Advice"),
    "wordReplace": _("Take over: replaces title, text and the fields below"),
    "wordCancel": _("Don't take over"),
    "wordFound": _("Found in the file"),
    "wordGuessed": _("guessed, please check"),
    "wordMissing": _("Not found:"),
    "wordReading": _("Reading the file…"),
    "pictureFailed": _("A picture was not stored."),
}
