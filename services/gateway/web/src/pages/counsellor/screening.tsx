// WHO ASSIST 3.1: the score of each substance, as the interview on paper gave it; which band that is shows beside it. The
// bands that count are the server's.
import type { SubstanceJson, RiskBandJson, ScreeningJson } from '@contracts/enrollment/v1/screening_pb'
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { DayField, readDay, TextField, typedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Banner, ButtonLink, Inset, Page, Tag } from '../../components/page'
import { dateOf, dayAt } from '../../time'
import { newId } from '../../uuid'
import { say, type Key } from '../../words'
import { personLine } from './parts'

const SUBSTANCES = ['TOBACCO', 'ALCOHOL', 'CANNABIS', 'COCAINE', 'AMPHETAMINES', 'INHALANTS', 'SEDATIVES', 'HALLUCINOGENS', 'OPIOIDS', 'OTHER'] as const
type Name = (typeof SUBSTANCES)[number]
const most = (name: Name) => (name === 'TOBACCO' ? 31 : 39)
const bandOf = (name: Name, score: number): RiskBandJson =>
  score >= 27 ? 'RISK_BAND_HIGH' : score >= (name === 'ALCOHOL' ? 11 : 4) ? 'RISK_BAND_MODERATE' : 'RISK_BAND_LOW'
const TONES = { RISK_BAND_LOW: 'green', RISK_BAND_MODERATE: 'yellow', RISK_BAND_HIGH: 'red', RISK_BAND_UNSPECIFIED: 'grey' } as const
const bandName = (band: RiskBandJson) => say(`band.${band.slice('RISK_BAND_'.length)}` as Key)
// A score, nothing where the substance was never used, or NaN.
const scoreOf = (typed: string) => (typed.trim() === '' ? undefined : /^\d{1,2}$/.test(typed.trim()) ? Number(typed) : NaN)

type Values = Record<Name, string> & { day: ReturnType<typeof typedDay> }

export function Screening({ person, enrollment }: Record<string, string>) {
  const loading = useCall('notes.v1.CounsellorService/GetPersonInCare', { participantId: person! })
  const [done, setDone] = useState<ScreeningJson>()
  const id = useRef(newId())
  const zone = loading.data?.timeZone ?? 'Asia/Jakarta'
  const form = useForm<Values>({
    ...(Object.fromEntries(SUBSTANCES.map((name) => [name, ''])) as Record<Name, string>), day: typedDay(dayAt(Date.now(), zone)),
  }, {
    check: (values) => {
      const wrong: Wrong[] = []
      if (!readDay(values.day)) wrong.push({ field: 'day', text: say('error.date') })
      for (const name of SUBSTANCES) {
        const score = scoreOf(values[name])
        if (score !== undefined && !(score <= most(name))) wrong.push({ field: name, text: say('screening.score.wrong', { what: say(`substance.${name}`), most: most(name) }) })
      }
      return wrong
    },
    send: async (values) => {
      setDone(await call('enrollment.v1.EnrollmentService/RecordScreening', {
        id: id.current, enrollmentId: enrollment!, conductedOn: dateOf(readDay(values.day)!),
        scores: SUBSTANCES.map((name) => ({ substance: `SUBSTANCE_${name}` as SubstanceJson, score: scoreOf(values[name]) ?? 0 })),
      }))
    },
  })
  const back = `/counsellor/people/${person}`
  return (
    <Page title={say('screening.title')} back={back}
      {...(loading.data ? { caption: [loading.data.name, personLine(loading.data)].filter(Boolean).join(' · ') } : {})}>
      <Loaded of={loading}>
        {() => (done
          ? (
            <>
              <Banner kind="success" heading={say(`route.${(done.route ?? '').slice('SCREENING_ROUTE_'.length)}` as Key)} />
              <p class="govuk-body">{say(done.route === 'SCREENING_ROUTE_FULL_ASSESSMENT' ? 'screening.full' : 'screening.education')}</p>
              <ButtonLink to={back}>{say('screening.back')}</ButtonLink>
            </>
          )
          : (
            <Form form={form} submit={say('screening.save')}>
              <Inset>{say('screening.text')}</Inset>
              <DayField form={form} name="day" label={say('screening.day')} />
              {SUBSTANCES.map((name) => {
                const score = scoreOf(form.values[name])
                const band = score !== undefined && score <= most(name) ? bandOf(name, score) : undefined
                return (
                  <div class="counsellor-score" key={name}>
                    <TextField form={form} name={name} label={say(`substance.${name}`)} hint={say('screening.range', { most: most(name) })} width={5} inputMode="numeric" />
                    <span class="counsellor-score__band" role="status">{band && <Tag tone={TONES[band]}>{bandName(band)}</Tag>}</span>
                  </div>
                )
              })}
            </Form>
          ))}
      </Loaded>
    </Page>
  )
}
