import { type ReactNode, useState } from 'react'
import type { Weekday } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { Button, Checkbox, IconButton, Select, TextField } from '../ui/controls.tsx'
import { useFault } from '../ui/field-errors.tsx'
import { timeZoneChoices } from '../ui/time-zones.ts'
import {
  copiedToWeek,
  dayFault,
  endFromField,
  endToField,
  type HoursDraft,
  type Interval,
  WEEKDAYS,
  withInterval,
} from './hours-model.ts'

/** Working hours: a switch, a zone, intervals for each day, and days on which nobody works. */
export function HoursEditor(props: {
  label: string
  /** The API's name of the field. */
  field: string
  value: HoursDraft
  onChange: (next: HoursDraft) => void
}) {
  const { label, field, value, onChange } = props
  const { t } = useLanguage()
  const fault = useFault()
  const change = (next: Partial<HoursDraft>) => onChange({ ...value, ...next })
  return (
    <>
      <Checkbox isSelected={value.on} onChange={(on) => change({ on })}>
        {label}
      </Checkbox>
      {value.on && (
        <>
          <Select
            label={t('profile.time_zone')}
            value={value.timeZone}
            onChange={(timeZone) => change({ timeZone })}
            options={() => timeZoneChoices(value.timeZone)}
            error={fault(`${field}.timeZone`)}
          />
          <div className="week">
            {WEEKDAYS.map((day) => (
              <Day
                key={day}
                day={day}
                refused={fault(`${field}.days.${day}`)}
                intervals={value.days[day]}
                onChange={(intervals) => change({ days: { ...value.days, [day]: intervals } })}
                onCopy={day === 'mon' ? () => change({ days: copiedToWeek(value.days, 'mon') }) : undefined}
              />
            ))}
          </div>
          <Holidays
            value={value.holidays}
            refused={fault(`${field}.holidays`)}
            onChange={(holidays) => change({ holidays })}
          />
        </>
      )}
    </>
  )
}

function Day(props: {
  day: Weekday
  intervals: Interval[]
  onChange: (next: Interval[]) => void
  onCopy?: () => void
  refused?: ReactNode
}) {
  const { day, intervals, onChange, onCopy, refused } = props
  const { t, word } = useLanguage()
  const name = word('weekday', day)
  const fault = dayFault(intervals)
  const set = (at: number, next: Interval) =>
    onChange(intervals.map((each, index) => (index === at ? next : each)))
  return (
    <fieldset className="day">
      <legend className="day-name">{name}</legend>
      <div className="day-intervals">
        {intervals.length === 0 && <span className="muted">{t('hours.closed')}</span>}
        {intervals.map(([from, to], at) => (
          <span className="interval" key={at}>
            <input
              type="time"
              className="input"
              dir="ltr"
              aria-label={t('hours.from', { day: name })}
              aria-invalid={fault !== null || undefined}
              value={from}
              onChange={(event) => set(at, [event.target.value, to])}
            />
            <span aria-hidden="true">–</span>
            <input
              type="time"
              className="input"
              dir="ltr"
              aria-label={t('hours.to', { day: name })}
              aria-invalid={fault !== null || undefined}
              value={endToField(to)}
              onChange={(event) => set(at, [from, endFromField(event.target.value)])}
            />
            <IconButton
              icon="close"
              size="small"
              label={t('hours.remove', { day: name })}
              onPress={() => onChange(intervals.filter((_, index) => index !== at))}
            />
          </span>
        ))}
        {(fault || refused) && (
          <span className="field-error" role="alert">
            {fault ? t(`hours_fault.${fault}`) : refused}
          </span>
        )}
      </div>
      <div className="day-actions">
        <IconButton
          icon="plus"
          size="small"
          label={t('hours.add', { day: name })}
          onPress={() => onChange(withInterval(intervals))}
        />
        {onCopy && (
          <Button size="small" look="quiet" onPress={onCopy}>
            {t('hours.copy')}
          </Button>
        )}
      </div>
    </fieldset>
  )
}

function Holidays(props: { value: string[]; onChange: (next: string[]) => void; refused?: ReactNode }) {
  const { value, onChange, refused } = props
  const { t, intl } = useLanguage()
  const [date, setDate] = useState('')
  const add = () => {
    if (date) onChange([...new Set([...value, date])].sort())
    setDate('')
  }
  const shown = (day: string) => intl.formatDate(`${day}T12:00:00Z`, { dateStyle: 'medium', timeZone: 'UTC' })
  return (
    <div className="field">
      <span className="field-label">{t('department.holidays')}</span>
      {value.length > 0 && (
        <ul className="chips">
          {value.map((day) => (
            <li className="chip" key={day}>
              {shown(day)}
              <IconButton
                icon="close"
                size="small"
                label={t('hours.remove_holiday', { day: shown(day) })}
                onPress={() => onChange(value.filter((each) => each !== day))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="add-row">
        <TextField
          label={t('hours.holiday')}
          hideLabel
          type="date"
          value={date}
          onChange={setDate}
          dir="ltr"
        />
        <Button onPress={add} isDisabled={date === ''}>
          {t('action.add')}
        </Button>
      </div>
      {refused && <span className="field-error">{refused}</span>}
    </div>
  )
}
