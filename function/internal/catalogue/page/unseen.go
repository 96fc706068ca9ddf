package page

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/events"
)

// WithoutEvents is the page of the failures that no event shows, in Markdown.
func WithoutEvents(list []events.Unseen) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the list of failures without events: go generate ./function/internal/catalogue/page -->\n\n# Failures that no event shows\n\n%s", unseenIntro)
	for _, one := range list {
		fmt.Fprintf(&b, "\n## %s\n\n**Why no event shows it.** %s\n\n**What finds it.** %s\n", strings.TrimSuffix(one.Failure, "."), one.Why, one.FoundBy)
	}
	return b.String()
}

const unseenIntro = `rolewatch reconciles a role when CloudTrail records a call that changes the role or a function that uses it. Some failures have
another cause. The daily sweep judges every role in scope without an event, and finds some of them up to a day later. What the sweep does not read either
has to be watched by other means, which are named here. [What is watched of AWS](coverage.md) has the other direction: every operation, field and value,
with whether it is judged.

` + "`rolewatch events`" + ` prints the same list after the table of events.
`
