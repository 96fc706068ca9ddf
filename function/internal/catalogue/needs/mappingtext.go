package needs

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// headlines say in a title what Lambda reports; the name of the function follows.
var headlines = map[aws.MappingCause]string{
	aws.SourceRefused:     "Lambda reports that it is not allowed to read an event source of ",
	aws.ClusterRefused:    "Lambda reports that a Kafka cluster denied it access for ",
	aws.PollerNotAssuming: "Lambda reports that it cannot assume the role to read an event source of ",
	aws.FilterKeyUnusable: "Lambda reports that it cannot use the key of the filter criteria of ",
}

func (m saying) diagnostic(s *check.Subject) check.Diagnostic {
	f := m.versions[0]
	d := check.Diagnostic{
		Key: m.key(), Functions: m.versions, Title: headlines[m.word.Cause] + f.Name(), Detail: m.quote(),
		Parts: []role.Part{role.FunctionPart(f.ARN)},
	}
	switch {
	case m.word.Cause == aws.FilterKeyUnusable:
		d.Fix.Summary = "Enable the key, cancel its deletion, or configure another key for the filter criteria. The role does not lack any permission."
	case m.word.Cause == aws.PollerNotAssuming:
		m.trusted(s, &d)
	case s.Role.Exists() == role.Absent:
		d.Fix.Summary = "Create the role, or configure the function with another role." // Another check reports that the role is missing.
	default:
		m.says().because(s, m.answer(s), &d)
	}
	return d
}

// quote is what Lambda reports, and where, in whole sentences.
func (m saying) quote() string {
	out := fmt.Sprintf("Lambda returns %q as %s of %s", m.text, m.word.Field, m.name())
	if m.source.ARN != "" && m.source.UUID != "" {
		out += ", which reads " + m.source.ARN
	}
	if message := m.source.FilterError.Message; m.word.Field == aws.FilterCriteriaError && message != "" {
		out += fmt.Sprintf(", with the message %q", message)
	}
	return strings.TrimSpace(out + ". " + m.word.Says)
}

// says is what the check adds to Lambda's report.
func (m saying) says() lambdaSays {
	return lambdaSays{
		purpose: m.purpose(), again: m.again(),
		elsewhere: "a policy that rolewatch does not read, such as the policy of the event source or of its key, denies the role",
	}
}

// trusted says whether Lambda can assume the role now, as the checks of the trust policy judge it.
func (m saying) trusted(s *check.Subject, d *check.Diagnostic) {
	reasons := trust.WhyNot(s, m.versions[0])
	if len(reasons) == 0 {
		d.Title += ", but Lambda can assume the role now"
		d.Detail += " Lambda can assume the role " + s.Role.Ref.Name + " now. Lambda's report is older than the trust policy."
		d.Fix.Summary = "You do not have to change the trust policy. " + m.again()
		return
	}
	if first := reasons[0]; len(first.Missing) == 0 {
		d.Detail += " Cause (" + first.Check.ID + "): " + first.Diagnostic.Title + ". " + first.Diagnostic.Detail
		d.Evidence, d.Fix = first.Diagnostic.Evidence, first.Diagnostic.Fix
		d.Fix.Summary += " " + m.again()
		return
	}
	m.says().unsure("Whether Lambda can assume the role now depends on the following, which is unknown", "If Lambda can assume the role, you do not have to change anything.", reasons[0].Missing, d)
}

// purpose says what the permissions are for.
func (m saying) purpose() string {
	if r := m.polling(); r != nil && len(m.named.Actions) == 0 {
		return r.what
	}
	return "for the call"
}

// again says when Lambda reads the event source again: by itself, or once a mapping is enabled that Lambda has disabled.
func (m saying) again() string {
	if isOn(m.source) {
		return "Lambda reads the event source again without further action. This can take several minutes, and Lambda then reports another result."
	}
	return "Lambda has disabled the event source mapping. Enable it afterwards: `" + rewrite.Command("lambda update-event-source-mapping --enabled", "--uuid", m.source.UUID) + "`."
}
