package page

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// Rules is the page of the rules of the policy language, in Markdown.
func Rules(list []rules.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the rules: go generate ./function/internal/catalogue/page -->\n\n# The rules of the policy language\n\n%s", rulesIntro)
	for _, section := range rules.Sections() {
		fmt.Fprintf(&b, "\n## %s\n", section)
		for _, r := range list {
			if r.Section == section {
				fmt.Fprintf(&b, "\n### Rule %d\n\n%s\n\n%s\n", r.Number, escape(r.Sentence), escape(Provenance(r)))
			}
		}
	}
	return b.String()
}

const rulesIntro = `rolewatch evaluates policies by these rules. Messages, comments and tests refer to them by number. A number is never reused for another rule.
The same list is available on the command line: ` + "`rolewatch rules`, and `rolewatch explain rule 17`" + ` for one rule.

The sentences are ours. The linked pages state the rule. A rule that no page states was observed in the responses of AWS, by us or by the authors
of other evaluators, and is marked as observed.
`

// Provenance says in sentences where a rule is from: the pages that state it, and what they do not state.
func Provenance(r rules.Rule) string {
	switch pages := strings.Join(r.URLs, " and "); r.Source {
	case rules.Observed:
		return "Observed: no page of the AWS documentation states it."
	case rules.PartlyDocumented:
		return "Documented in part: " + pages + ". " + r.Undocumented
	default:
		return "Documented: " + pages + "."
	}
}
