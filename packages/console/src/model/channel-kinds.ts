/** The kinds of channels, in the order in which people look for theirs. */
import type { ChannelType } from '@trustmonitor/protocol';

const WORDS: Readonly<Record<ChannelType, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  email: 'Mail',
  pagerduty: 'PagerDuty',
  teams: 'Microsoft Teams',
  discord: 'Discord',
  telegram: 'Telegram',
  opsgenie: 'Opsgenie',
  ntfy: 'ntfy',
  alertmanager: 'Alertmanager',
  apprise: 'Apprise',
};

export const CHANNEL_KINDS = Object.entries(WORDS) as [ChannelType, string][];
