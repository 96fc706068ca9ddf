package needs

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// headlines say in a title what Lambda reports; the name of the function follows.
var headlines = map[aws.MappingCause]string{
	aws.SourceRefused:     "Lambda reports that it is not allowed to read an event source of ",
	aws.ClusterRefused:    "Lambda reports that a Kafka cluster does not allow it to read for ",
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
		d.Fix.Summary = "Enable the key, cancel its deletion, or configure another key for the filter criteria. The role lacks nothing."
	case m.word.Cause == aws.PollerNotAssuming:
		d.Detail += " This check does not judge whether Lambda can assume the role now: the checks of the trust policy do. Where they report nothing, Lambda's word is older than the trust policy."
		d.Fix.Summary = "Allow lambda.amazonaws.com to assume the role in its trust policy, without a condition that Lambda does not meet. " + m.again()
	case s.Role.Exists() == role.Absent:
		d.Fix.Summary = "Create the role, or give the function another one." // That the role is missing is another check's to report.
	default:
		m.judge(s, &d)
	}
	return d
}

// quote is what Lambda says, and where, in whole sentences.
func (m saying) quote() string {
	out := fmt.Sprintf("Lambda gives %q as %s of %s", m.text, m.word.Field, m.name())
	if m.source.ARN != "" && m.source.UUID != "" {
		out += ", which reads " + m.source.ARN
	}
	if message := m.source.FilterError.Message; m.word.Field == aws.FilterCriteriaError && message != "" {
		out += fmt.Sprintf(", and says: %q", message)
	}
	return strings.TrimSpace(out + ". " + m.word.Says)
}

// judge says whether a permission of the role explains what Lambda says.
func (m saying) judge(s *check.Subject, d *check.Diagnostic) {
	a := m.answer(s)
	switch {
	case a.Lacking != "":
		d.Title += ": its role lacks " + a.Lacking
		d.Detail += " " + strings.Join(a.Sentences, " ")
		d.Evidence, d.Fix = a.Evidence, a.Fix
		d.Fix.Summary += " " + m.again()
		if len(a.Missing) > 0 {
			d.Detail += " Not known in addition: " + strings.Join(role.GapTexts(a.Missing), "; ") + "."
		}
	case len(a.Missing) > 0:
		d.Detail += " " + unsure(a.Missing)
		d.Evidence = a.Hangs
		d.Fix.Summary = strings.Join(append(role.Settling(a.Missing), "Where the role has the permissions, nothing has to be granted. "+m.again()), " ")
	default:
		d.Title += ", and its role has the permissions now"
		d.Detail += " The role " + s.Role.Ref.Name + " now has the permissions that Lambda needs " + m.purpose() +
			": Lambda's word is older than the role's permissions, or a policy that is not read, such as that of the event source or of its key, denies the role."
		d.Detail = strings.Join(append([]string{d.Detail}, effective.Of(s).Caveats...), " ")
		d.Fix.Summary = "No permission of the role has to be granted. " + m.again()
	}
}

// purpose says what the permissions are for.
func (m saying) purpose() string {
	if r := m.polling(); r != nil && len(m.named.Actions) == 0 {
		return r.what
	}
	return "for the call"
}

// again says when Lambda reads the event source again: by itself, or once a mapping is enabled that Lambda has turned off.
func (m saying) again() string {
	if isOn(m.source) {
		return "Lambda reads the event source again by itself, which may take several minutes, and then says something else."
	}
	return "Lambda has turned the event source mapping off. Enable it when that is done: `" + rewrite.Command("lambda update-event-source-mapping --enabled", "--uuid", m.source.UUID) + "`."
}
