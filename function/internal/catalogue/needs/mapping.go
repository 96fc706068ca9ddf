package needs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// mappings reports what Lambda itself reports for an event source mapping: once for each mapping, however many versions it invokes.
func mappings(p *check.Pass) {
	var unread []role.Gap
	for _, versions := range functionsOf(p.Subject) {
		var all []saying
		for _, f := range versions {
			if f.Config.Sources.State() == role.Unknown {
				unread = append(unread, f.Config.Sources.Gap("event source mappings").Of(f.QualifiedARN()))
			}
			for _, s := range f.Config.Sources.Or(nil) {
				one, gaps := said(p.Subject, f, s)
				for _, gap := range gaps {
					unread = append(unread, gap.Of(f.QualifiedARN()))
				}
				i := slices.IndexFunc(all, func(o saying) bool { return o.key() == one.key() })
				switch {
				case one.word.Cause == "":
				case i >= 0:
					all[i].versions = append(all[i].versions, f)
				default:
					all = append(all, one)
				}
			}
		}
		for _, one := range all {
			p.Report(one.diagnostic(p.Subject))
		}
	}
	if len(unread) > 0 {
		p.Undecided("", role.DistinctGaps(unread)...)
	}
}

// saying is what Lambda reports for one event source mapping, in one of its fields.
type saying struct {
	versions []role.Function
	source   role.Source
	word     aws.MappingWord
	text     string
	// named are the calls that the text names; none where it names none.
	named Named
}

func (m saying) key() string { return m.versions[0].ARN + " " + cmp.Or(m.source.UUID, m.source.ARN) }

// name names the mapping in a sentence.
func (m saying) name() string {
	return "the event source mapping " + cmp.Or(m.source.UUID, "of "+m.source.ARN)
}

// said reads the fields of a mapping. The cause is empty where none of them is about a permission of the role; the gaps are what
// would have to be known for that. A mapping that a user turned off keeps the last result that it had.
func said(s *check.Subject, f role.Function, source role.Source) (saying, []role.Gap) {
	m := saying{versions: []role.Function{f}, source: source}
	if source.State == "Deleting" {
		return m, nil
	}
	fields := [][2]string{{string(aws.StateTransitionReason), source.Transition}}
	if isOn(source) {
		fields = [][2]string{{string(aws.LastProcessingResult), source.Result}, fields[0], {string(aws.FilterCriteriaError), source.FilterError.Code}}
	}
	var gaps []role.Gap
	for _, field := range fields {
		if field[1] == "" {
			continue
		}
		word, refused, known := aws.ReadMappingWord(aws.MappingField(field[0]), field[1])
		switch {
		case !known:
			gaps = append(gaps, role.Gap{
				What:      fmt.Sprintf("whether %q, which Lambda returns as %s of %s, is about a permission of the role", field[1], field[0], m.name()),
				SettledBy: "This version of rolewatch does not know the text. For its meaning, see the AWS documentation of the event source.",
			})
		case m.concerns(s, word, refused):
			m.word, m.text, m.named = word, field[1], Named{Actions: refused.Actions, Resource: refused.Resource}
			return m, nil
		}
	}
	if source.Unsaid.Given() && isOn(source) {
		gaps = append(gaps, role.Gap{What: "what Lambda reports for " + m.name() + ": " + source.Unsaid.String(), SettledBy: source.Unsaid.SettledBy()})
	}
	return m, gaps
}

// concerns reports whether a text is about this role. A session that it names may be of a role that the function had before, and
// what brokers refuse may be the user of a secret.
func (m saying) concerns(s *check.Subject, word aws.MappingWord, refused aws.Refused) bool {
	switch word.Cause {
	case aws.NotPermissions:
		return false
	case aws.ClusterRefused:
		var used asked
		return !secrets(&used, m.source) && (m.source.Kind == role.SourceMSK || authenticated(m.source))
	}
	return refused.Role == "" || refused.Role == s.Role.Ref.Name
}

// polling is the row of the needs that reading the event source has; nil for a kind that is not known.
func (m saying) polling() *row {
	id := map[role.SourceKind]string{
		role.SourceSQS: sqsRow, role.SourceKinesis: kinesisRow, role.SourceDynamoDB: dynamoDBRow, role.SourceMSK: mskRow,
		role.SourceKafka: kafkaRow, role.SourceMQ: mqRow, role.SourceDocumentDB: documentDBRow,
	}[m.source.Kind]
	for i := range rows {
		if rows[i].check.ID == id {
			return &rows[i]
		}
	}
	return nil
}

// alone is the version with no other event source mapping than this one, as it is when Lambda reads the event source.
func (m saying) alone() role.Function {
	f, s := m.versions[0], m.source
	s.State = "Enabled"
	f.Config.Sources = role.Have([]role.Source{s})
	return f
}

// answer judges what reading the event source requires, as far as Lambda's report is about it.
func (m saying) answer(s *check.Subject) (a Answer) {
	r := m.polling()
	if len(m.named.Actions) > 0 {
		named := m.named
		named.checks = []string{sourceFailureRow}
		if r != nil {
			named.checks = append(named.checks, r.check.ID)
		}
		return For(s, m.alone(), named)
	}
	if r == nil {
		a.Missing = unknownKinds(m.alone())
		return a
	}
	e := effective.Of(s)
	j := naming{l: e.AskingLambda(s), e: e, f: m.alone()}
	own := *r
	own.ask = func(f *role.Function, p aws.ARN) asked { return m.settled(r.ask(f, p)) }
	o := judge(j.l, &own, []role.Function{j.f})
	j.miss(o.missing)
	if len(o.lacks) == 0 {
		return j.answer(s, nil, nil)
	}
	return j.answer(s, nil, []outcome{o})
}

// settled removes from the needs what Lambda's report decides: brokers that rejected the role require authentication.
func (m saying) settled(a asked) asked {
	for i, n := range a.needs {
		if m.word.Cause == aws.ClusterRefused && !n.open && strings.HasPrefix(n.actions[0], "kafka-cluster:") {
			a.needs[i].unless = role.Gap{}
		}
	}
	return a
}
