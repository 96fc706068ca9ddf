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
another cause. The daily sweep evaluates every role in scope without an event, and finds some of these failures up to a day later. For failures that the
sweep does not find either, this page names other means to detect them. [What is watched of AWS](coverage.md) lists every operation, field and value, and
says whether rolewatch evaluates it.

` + "`rolewatch events`" + ` prints the same list after the table of events.
`
