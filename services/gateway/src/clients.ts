import type * as channels from '@onus/proto/onus/v1/channels'
import type * as directory from '@onus/proto/onus/v1/directory'
import type * as insight from '@onus/proto/onus/v1/insight'
import type * as notification from '@onus/proto/onus/v1/notification'
import type * as operations from '@onus/proto/onus/v1/operations'
import type * as rules from '@onus/proto/onus/v1/rules'
import type * as ticket from '@onus/proto/onus/v1/ticket'
import type * as webhooks from '@onus/proto/onus/v1/webhooks'
import type { Call } from './http/operation/operation.ts'

/** What the gateway asks of the services, as it calls them. Errors come back as `Problem`. */

type Unary<Request, Response> = (request: Request, call: Call) => Promise<Response>

export interface TicketApi {
  createTicket: Unary<ticket.CreateTicketRequest, ticket.Ticket>
  getTicket: Unary<ticket.GetTicketRequest, ticket.Ticket>
  listTickets: Unary<ticket.ListTicketsRequest, ticket.ListTicketsResponse>
  updateTicket: Unary<ticket.UpdateTicketRequest, ticket.Ticket>
  getTimeline: Unary<ticket.GetTimelineRequest, ticket.GetTimelineResponse>
  getResponsibilityAt: Unary<
    ticket.GetResponsibilityAtRequest,
    import('@onus/proto/onus/v1/common').Responsibility
  >
  listMessages: Unary<ticket.ListMessagesRequest, ticket.ListMessagesResponse>
  addMessage: Unary<ticket.AddMessageRequest, ticket.AddMessageResponse>
  execute: Unary<ticket.ExecuteRequest, ticket.Ticket>
  checkAccess: Unary<ticket.CheckAccessRequest, ticket.CheckAccessResponse>
  getToSolve: Unary<ticket.GetToSolveRequest, ticket.GetToSolveResponse>
  nextToSolve: Unary<ticket.NextToSolveRequest, ticket.NextToSolveResponse>
  checkOrphans: Unary<ticket.CheckOrphansRequest, ticket.CheckOrphansResponse>
  checkProjection: Unary<ticket.CheckProjectionRequest, ticket.CheckProjectionResponse>
  republishEvents: Unary<ticket.RepublishEventsRequest, ticket.RepublishEventsResponse>
  listUnreadableMails: Unary<ticket.ListUnreadableMailsRequest, ticket.ListUnreadableMailsResponse>
  retryUnreadableMail: Unary<ticket.RetryUnreadableMailRequest, ticket.RetryUnreadableMailResponse>
  /** Client streams: a head, then the bytes in chunks. */
  uploadAttachment(
    head: ticket.UploadAttachmentHead,
    bytes: Uint8Array,
    call: Call,
  ): Promise<ticket.Attachment>
  acceptMail(envelope: ticket.MailEnvelope, bytes: Uint8Array, call: Call): Promise<ticket.AcceptMailResponse>
  /** Server streams: the head has been read when they resolve. */
  downloadAttachment(request: ticket.DownloadAttachmentRequest, call: Call): Promise<Download>
  getUnreadableMail(request: ticket.GetUnreadableMailRequest, call: Call): Promise<Download>
  /** The first part has been read when it resolves, so that a refusal is still an answer. */
  exportResponsibility(
    request: ticket.ExportResponsibilityRequest,
    call: Call,
  ): Promise<AsyncIterable<ticket.ResponsibilityInterval[]>>
}

export interface Download {
  head: ticket.Attachment
  content: ReadableStream<Uint8Array>
}

export interface DirectoryApi {
  createAccount: Unary<directory.CreateAccountRequest, directory.CreateAccountResponse>
  getAccount: Unary<directory.GetAccountRequest, directory.Account>
  listAccounts: Unary<directory.ListAccountsRequest, directory.ListAccountsResponse>
  deleteAccount: Unary<directory.DeleteAccountRequest, directory.DeleteAccountResponse>
  getSettings: Unary<directory.GetSettingsRequest, directory.Settings>
  updateSettings: Unary<directory.UpdateSettingsRequest, directory.Settings>
  createDepartment: Unary<directory.CreateDepartmentRequest, directory.Department>
  getDepartment: Unary<directory.GetDepartmentRequest, directory.Department>
  listDepartments: Unary<directory.ListDepartmentsRequest, directory.ListDepartmentsResponse>
  updateDepartment: Unary<directory.UpdateDepartmentRequest, directory.Department>
  deleteDepartment: Unary<directory.DeleteDepartmentRequest, directory.DeleteDepartmentResponse>
  createAgent: Unary<directory.CreateAgentRequest, directory.Agent>
  getAgent: Unary<directory.GetAgentRequest, directory.Agent>
  listAgents: Unary<directory.ListAgentsRequest, directory.ListAgentsResponse>
  updateAgent: Unary<directory.UpdateAgentRequest, directory.Agent>
  setPresence: Unary<directory.SetPresenceRequest, directory.Agent>
  getLeave: Unary<directory.GetLeaveRequest, directory.LeaveList>
  setLeave: Unary<directory.SetLeaveRequest, directory.LeaveList>
  getDelegation: Unary<directory.GetDelegationRequest, directory.Delegation>
  setDelegation: Unary<directory.SetDelegationRequest, directory.SetDelegationResponse>
  startOffboarding: Unary<directory.StartOffboardingRequest, directory.Offboarding>
  getOffboarding: Unary<directory.GetOffboardingRequest, directory.Offboarding>
  controlOffboarding: Unary<directory.ControlOffboardingRequest, directory.Offboarding>
  getPreferences: Unary<directory.GetPreferencesRequest, directory.Preferences>
  setPreferences: Unary<directory.SetPreferencesRequest, directory.Preferences>
  getViews: Unary<directory.GetViewsRequest, directory.Views>
  setViews: Unary<directory.SetViewsRequest, directory.Views>
  getDepartmentViews: Unary<directory.GetDepartmentViewsRequest, directory.Views>
  setDepartmentViews: Unary<directory.SetDepartmentViewsRequest, directory.Views>
  createApiKey: Unary<directory.CreateApiKeyRequest, directory.CreateApiKeyResponse>
  listApiKeys: Unary<directory.ListApiKeysRequest, directory.ListApiKeysResponse>
  deleteApiKey: Unary<directory.DeleteApiKeyRequest, directory.DeleteApiKeyResponse>
  getOidcIntegration: Unary<directory.GetOidcIntegrationRequest, directory.OidcIntegration>
  setOidcIntegration: Unary<directory.OidcIntegration, directory.OidcIntegration>
  deleteOidcIntegration: Unary<
    directory.DeleteOidcIntegrationRequest,
    directory.DeleteOidcIntegrationResponse
  >
  listAudit: Unary<directory.ListAuditRequest, directory.ListAuditResponse>
}

export interface RulesApi {
  createRule: Unary<rules.CreateRuleRequest, rules.Rule>
  getRule: Unary<rules.GetRuleRequest, rules.Rule>
  listRules: Unary<rules.ListRulesRequest, rules.ListRulesResponse>
  updateRule: Unary<rules.UpdateRuleRequest, rules.Rule>
  deleteRule: Unary<rules.DeleteRuleRequest, rules.DeleteRuleResponse>
  setOrder: Unary<rules.SetOrderRequest, rules.ListRulesResponse>
  listVersions: Unary<rules.ListVersionsRequest, rules.ListVersionsResponse>
}

export interface RuleInsightApi {
  explain: Unary<rules.ExplainRequest, rules.ExplainResponse>
  startDryRun: Unary<rules.StartDryRunRequest, rules.DryRun>
  getDryRun: Unary<rules.GetDryRunRequest, rules.DryRun>
  cancelDryRun: Unary<rules.CancelDryRunRequest, rules.CancelDryRunResponse>
}

export interface InsightApi {
  getOpenWork: Unary<insight.GetOpenWorkRequest, insight.GetOpenWorkResponse>
  getClaims: Unary<insight.GetClaimsRequest, insight.GetClaimsResponse>
  getFlows: Unary<insight.GetFlowsRequest, insight.GetFlowsResponse>
}

export interface TemplateApi {
  createTemplate: Unary<rules.CreateTemplateRequest, rules.Template>
  getTemplate: Unary<rules.GetTemplateRequest, rules.Template>
  listTemplates: Unary<rules.ListTemplatesRequest, rules.ListTemplatesResponse>
  updateTemplate: Unary<rules.UpdateTemplateRequest, rules.Template>
  deleteTemplate: Unary<rules.DeleteTemplateRequest, rules.DeleteTemplateResponse>
}

export interface NotificationApi {
  listMyNotices: Unary<notification.ListMyNoticesRequest, notification.ListNoticesResponse>
  listTicketNotices: Unary<notification.ListTicketNoticesRequest, notification.ListNoticesResponse>
  getNotice: Unary<notification.GetNoticeRequest, notification.Notice>
  acknowledgeNotice: Unary<notification.AcknowledgeNoticeRequest, notification.Notice>
  resendNotice: Unary<notification.ResendNoticeRequest, notification.Notice>
  listNotices: Unary<notification.ListNoticesRequest, notification.ListNoticesResponse>
  getDeliveryHealth: Unary<notification.GetDeliveryHealthRequest, notification.DeliveryHealth>
  preferencesChanged: Unary<notification.PreferencesChangedRequest, notification.PreferencesChangedResponse>
  unsubscribe: Unary<notification.UnsubscribeRequest, notification.UnsubscribeResponse>
  getSlackIntegration: Unary<notification.GetSlackIntegrationRequest, notification.SlackIntegration>
  setSlackIntegration: Unary<notification.SetSlackIntegrationRequest, notification.SlackIntegration>
  testSlackIntegration: Unary<
    notification.TestSlackIntegrationRequest,
    notification.TestSlackIntegrationResponse
  >
  deleteSlackIntegration: Unary<
    notification.DeleteSlackIntegrationRequest,
    notification.DeleteSlackIntegrationResponse
  >
}

export interface ChannelApi {
  registerDevice: Unary<channels.RegisterDeviceRequest, channels.RegisterDeviceResponse>
  listDevices: Unary<channels.ListDevicesRequest, channels.ListDevicesResponse>
  deleteDevice: Unary<channels.DeleteDeviceRequest, channels.DeleteDeviceResponse>
  testDevice: Unary<channels.TestDeviceRequest, channels.TestDeviceResponse>
  getPushIntegration: Unary<channels.GetPushIntegrationRequest, channels.PushIntegration>
  setPushIntegration: Unary<channels.SetPushIntegrationRequest, channels.PushIntegration>
  deletePushIntegration: Unary<channels.DeletePushIntegrationRequest, channels.DeletePushIntegrationResponse>
  handleSlackInteraction: Unary<
    channels.HandleSlackInteractionRequest,
    channels.HandleSlackInteractionResponse
  >
}

export interface WebhookApi {
  createWebhook: Unary<webhooks.CreateWebhookRequest, webhooks.WebhookWithSecret>
  getWebhook: Unary<webhooks.GetWebhookRequest, webhooks.Webhook>
  listWebhooks: Unary<webhooks.ListWebhooksRequest, webhooks.ListWebhooksResponse>
  updateWebhook: Unary<webhooks.UpdateWebhookRequest, webhooks.Webhook>
  deleteWebhook: Unary<webhooks.DeleteWebhookRequest, webhooks.DeleteWebhookResponse>
  rotateWebhookSecret: Unary<webhooks.RotateWebhookSecretRequest, webhooks.WebhookWithSecret>
  testWebhook: Unary<webhooks.TestWebhookRequest, webhooks.Delivery>
  listDeliveries: Unary<webhooks.ListDeliveriesRequest, webhooks.ListDeliveriesResponse>
  getDelivery: Unary<webhooks.GetDeliveryRequest, webhooks.DeliveryWithPayload>
  resendDelivery: Unary<webhooks.ResendDeliveryRequest, webhooks.Delivery>
  replayWebhook: Unary<webhooks.ReplayWebhookRequest, webhooks.WebhookReplay>
}

/** What a service says about itself. */
export interface PartApi {
  describePart: Unary<operations.DescribePartRequest, operations.Part>
}

export interface Clients {
  webhooks: WebhookApi
  channels: ChannelApi
  ticket: TicketApi
  directory: DirectoryApi
  rules: RulesApi
  ruleInsight: RuleInsightApi
  insight: InsightApi
  templates: TemplateApi
  notification: NotificationApi
}
