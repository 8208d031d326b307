"""Every address of the staff process; none of them is anybody else's."""

from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

from jiyue.backoffice.shell import IconSpriteView
from jiyue.backoffice.views import (
    account,
    account_help,
    changes,
    citizens,
    editing,
    enrolling,
    files,
    importing,
    media,
    notices,
    obligations,
    oversight,
    resources,
    reviewing,
    schedule_board,
    sign_in,
    submitting,
    trail,
    versions,
    withdrawing,
    work_calendar,
    workbench,
)

app_name = "backoffice"
script_texts = cache_control(private=True, max_age=3600)(
    JavaScriptCatalog.as_view(packages=["wagtail.admin"])
)

urlpatterns = [
    path("sign-in/", sign_in.SignInView.as_view(), name="sign_in"),
    path("sign-in/code/", sign_in.SignInCodeView.as_view(), name="sign_in_code"),
    path("sign-in/enrol/", enrolling.SignInEnrolView.as_view(), name="sign_in_enrol"),
    path("sign-in/enrol/passkey/", enrolling.SignInEnrolPasskeyView.as_view(), name="sign_in_enrol_passkey"),
    path("sign-in/password/", sign_in.SignInPasswordView.as_view(), name="sign_in_password"),
    path("account/", account.MyAccountView.as_view(), name="my_account"),
    path("account/password/", account.PasswordChangeView.as_view(), name="my_password"),
    path("account/authenticator/", enrolling.AuthenticatorView.as_view(), name="my_authenticator"),
    path("account/passkeys/new/", enrolling.PasskeyCreateView.as_view(), name="my_passkey_create"),
    path("account/passkeys/<int:pk>/", account.PasskeyRenameView.as_view(), name="my_passkey_rename"),
    path(
        "account/factors/<str:kind>/<int:pk>/remove/",
        account.FactorRemoveView.as_view(),
        name="my_factor_remove",
    ),
    path("account/recovery-codes/", account.RecoveryCodesView.as_view(), name="my_recovery_codes"),
    path("account/sign-out-elsewhere/", account.SessionsEndView.as_view(), name="my_sessions_end"),
    path("account/help/", account_help.AccountHelpListView.as_view(), name="account_help_list"),
    path("account/help/<int:pk>/", account_help.AccountHelpView.as_view(), name="account_help"),
    path(
        "account/help/<int:pk>/initial-password/",
        account_help.InitialPasswordView.as_view(),
        name="account_initial_password",
    ),
    path(
        "account/help/<int:pk>/reset/", account_help.ResetProposeView.as_view(), name="account_reset_propose"
    ),
    path("account/resets/<int:pk>/", account_help.ResetDecideView.as_view(), name="account_reset"),
    path(
        "account/resets/<int:pk>/withdraw/",
        account_help.ResetWithdrawView.as_view(),
        name="account_reset_withdraw",
    ),
    path("sign-out/", sign_in.SignOutView.as_view(), name="sign_out"),
    path("shell/icons.svg", IconSpriteView.as_view(), name="icon_sprite"),
    path("shell/texts.js", script_texts, name="script_texts"),
    path("", workbench.WorkbenchView.as_view(), name="workbench"),
    path("resources/", resources.ResourceListView.as_view(), name="resource_list"),
    path("resources/new/", editing.ResourceCreateView.as_view(), name="resource_create"),
    path("resources/batch/", submitting.ResourceBatchView.as_view(), name="resource_batch"),
    path("resources/<int:pk>/", resources.ResourceDetailView.as_view(), name="resource_detail"),
    path("resources/<int:pk>/edit/", editing.ResourceEditView.as_view(), name="resource_edit"),
    path("resources/<int:pk>/preview/", resources.ResourcePreviewView.as_view(), name="resource_preview"),
    path("resources/<int:pk>/history/", versions.ResourceHistoryView.as_view(), name="resource_history"),
    path("resources/<int:pk>/compare/", versions.ResourceCompareView.as_view(), name="resource_compare"),
    path("resources/<int:pk>/submit/", submitting.ResourceSubmitView.as_view(), name="resource_submit"),
    path(
        "resources/<int:pk>/withdraw/", withdrawing.ResourceWithdrawView.as_view(), name="resource_withdraw"
    ),
    path("import/", importing.ImportView.as_view(), name="import"),
    path("review/", reviewing.CaseListView.as_view(), name="case_list"),
    path("review/<int:pk>/", reviewing.CaseDetailView.as_view(), name="case_detail"),
    path("review/<int:pk>/items/<int:item_pk>/", reviewing.CaseItemView.as_view(), name="case_item"),
    path("review/<int:pk>/decide/", reviewing.CaseDecideView.as_view(), name="case_decide"),
    path("media/upload/", media.MediaUploadView.as_view(), name="media_upload"),
    path("media/<str:name>", media.MediaFileView.as_view(), name="media_file"),
    path("files/<int:pk>/", files.PrivateFileView.as_view(), name="private_file"),
    path("corrections/", citizens.ReportListView.as_view(), name="report_list"),
    path("corrections/<int:pk>/", citizens.ReportDetailView.as_view(), name="report_detail"),
    path("comments/", citizens.CommentListView.as_view(), name="comment_list"),
    path("comments/<int:pk>/", citizens.CommentDetailView.as_view(), name="comment_detail"),
    path("changes/", changes.ChangeListView.as_view(), name="change_list"),
    path("changes/<int:pk>/", changes.ChangeDetailView.as_view(), name="change_detail"),
    path("changes/<int:pk>/decide/", changes.ChangeDecideView.as_view(), name="change_decide"),
    path("changes/<int:pk>/withdraw/", changes.ChangeWithdrawView.as_view(), name="change_withdraw"),
    path("audit/", trail.AuditListView.as_view(), name="audit_list"),
    path("audit/<int:pk>/", trail.AuditEntryView.as_view(), name="audit_entry"),
    path("audit/export/", trail.AuditExportView.as_view(), name="audit_export"),
    path("audit/verify/", trail.AuditVerifyView.as_view(), name="audit_verify"),
    path("calendar/", work_calendar.CalendarView.as_view(), name="calendar"),
    path("calendar/compute/", work_calendar.CalendarCalculatorView.as_view(), name="calendar_calculator"),
    path("calendar/<int:year>/", work_calendar.CalendarView.as_view(), name="calendar_year"),
    path(
        "calendar/<int:year>/versions/",
        work_calendar.CalendarVersionsView.as_view(),
        name="calendar_versions",
    ),
    path("calendar/<int:year>/change/", work_calendar.CalendarProposeView.as_view(), name="calendar_propose"),
    path("calendar/changes/<int:pk>/", work_calendar.CalendarChangeView.as_view(), name="calendar_change"),
    path("obligations/", obligations.ObligationListView.as_view(), name="obligation_list"),
    path("obligations/<int:pk>/", obligations.ObligationDetailView.as_view(), name="obligation_detail"),
    path(
        "obligations/<int:pk>/excuse/", obligations.ObligationExcuseView.as_view(), name="obligation_excuse"
    ),
    path("obligations/evidence/", obligations.EvidenceView.as_view(), name="obligation_evidence"),
    path(
        "obligations/evidence/export/",
        obligations.EvidenceExportView.as_view(),
        name="obligation_evidence_export",
    ),
    path("notices/", notices.NoticeListView.as_view(), name="notice_list"),
    path("notices/read/", notices.NoticeReadView.as_view(), name="notice_read"),
    path("scheduled-jobs/", schedule_board.ScheduleBoardView.as_view(), name="schedule_board"),
    path("side-effects/", oversight.OutboxBoardView.as_view(), name="outbox_board"),
    path("side-effects/retry/", oversight.OutboxRetryView.as_view(), name="outbox_retry"),
]
