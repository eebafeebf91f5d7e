import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { post, remove } from '../api/client.ts'
import { devicesQuery, pushIntegrationQuery, useMe } from '../api/queries.ts'
import type { Device, DeviceTest, PushIntegration } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { Button } from '../ui/controls.tsx'
import { explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { browserName, forgetThis, pushState, thisDevice, turnOff, turnOn } from './push.ts'

/** Where the agent is told while the console is closed: this browser, and what else was registered. */
export function Devices() {
  const t = useT()
  const devices = useQuery(devicesQuery)
  const push = useQuery(pushIntegrationQuery)
  const failed = devices.error ?? push.error
  const heading = useRef<HTMLHeadingElement>(null)
  return (
    <section className="card" id="devices" aria-labelledby="devices-title">
      <h2 id="devices-title" ref={heading} tabIndex={-1}>
        {t('devices.title')}
      </h2>
      <p className="muted">{t('devices.intro')}</p>
      {failed ? (
        <LoadError error={failed} retry={() => void Promise.all([devices.refetch(), push.refetch()])} />
      ) : !devices.data || !push.data ? (
        <Spinner />
      ) : (
        <>
          <ThisBrowser push={push.data} />
          <p className="field-note">
            {t(push.data.pushShowsText ? 'devices.text_shown' : 'devices.text_hidden')}
          </p>
          <DeviceList devices={devices.data} onRemoved={() => heading.current?.focus()} />
        </>
      )}
    </section>
  )
}

const stateKey = (agentId: string) => ['push-state', agentId] as const

function ThisBrowser({ push }: { push: PushIntegration }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const state = useQuery({ queryKey: stateKey(me.id), queryFn: () => pushState(me.id), staleTime: 0 })
  const found = browserName(navigator.userAgent)
  const name = found ? t('devices.named', found) : ''

  const change = async (work: () => Promise<unknown>) => {
    setBusy(true)
    setFailed(false)
    try {
      await work()
    } catch {
      setFailed(true)
    } finally {
      setBusy(false)
      await Promise.all([state.refetch(), client.invalidateQueries(devicesQuery)])
    }
  }

  if (!state.data) return <Spinner />
  if (state.data === 'unsupported' || state.data === 'denied')
    return (
      <p className="note" role="status">
        <Icon name="alert" />
        {t(state.data === 'denied' ? 'devices.denied' : 'devices.unsupported')}
      </p>
    )
  const on = state.data === 'on'
  return (
    <>
      <div className={on ? 'this-browser this-browser-on' : 'this-browser'}>
        <Icon name="bell" />
        <p role="status">{t(on ? 'devices.is_on' : 'devices.is_off')}</p>
        <Button
          look={on ? 'plain' : 'primary'}
          isPending={busy}
          onPress={() => void change(on ? turnOff : () => turnOn(me.id, name, push))}
        >
          {t(on ? 'devices.turn_off' : 'devices.turn_on')}
        </Button>
      </div>
      {failed && (
        <p className="note note-error" role="alert">
          <Icon name="alert" />
          {t('devices.failed')}
        </p>
      )}
    </>
  )
}

function DeviceList({ devices, onRemoved }: { devices: Device[]; onRemoved: () => void }) {
  const t = useT()
  const word = useWord()
  const me = useMe()
  const client = useQueryClient()
  const own = thisDevice(me.id)
  const nameOf = (device: Device) => device.name ?? t('devices.unnamed')
  const reload = async () => {
    await client.invalidateQueries(devicesQuery)
    await client.invalidateQueries({ queryKey: stateKey(me.id) })
  }
  const test = async (device: Device) => {
    try {
      const { state, error } = await post<DeviceTest>(`/me/devices/${device.id}/test`)
      if (state === 'sent') toast(t('devices.test_sent'))
      else if (state === 'gone') {
        toast(t('devices.test_gone'), { tone: 'error' })
        if (device.id === own) await forgetThis()
        await reload()
        onRemoved()
      } else toast(t('devices.test_failed', { error: error ?? '' }), { tone: 'error' })
    } catch (reason) {
      toast(explain(reason, t), { tone: 'error' })
    }
  }
  const drop = async (device: Device) => {
    try {
      if (device.id === own) await turnOff()
      else await remove(`/me/devices/${device.id}`)
      toast(t('devices.removed'))
    } catch (reason) {
      toast(explain(reason, t), { tone: 'error' })
    }
    await reload()
    onRemoved()
  }
  if (devices.length === 0) return <p className="muted">{t('devices.none')}</p>
  return (
    <ul className="devices">
      {devices.map((device) => (
        <li key={device.id}>
          <div className="device-text">
            <p>
              <bdi>{nameOf(device)}</bdi>
              {device.id === own && <span className="device-this">{t('devices.this')}</span>}
            </p>
            <p className="muted">
              {word('device_kind', device.kind)} · {t('devices.used')}{' '}
              <RelativeTime at={device.renewedAt} style="long" />
            </p>
          </div>
          <Button
            size="small"
            aria-label={t('devices.test_named', { name: nameOf(device) })}
            onPress={() => test(device)}
          >
            {t('devices.test')}
          </Button>
          <Button
            size="small"
            aria-label={t('devices.remove_named', { name: nameOf(device) })}
            onPress={() => drop(device)}
          >
            {t('devices.remove')}
          </Button>
        </li>
      ))}
    </ul>
  )
}
