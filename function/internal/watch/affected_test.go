package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// TestARoleOfWhichTheGraphSaysSomethingElseAndNoStateIsRead changes what a role out of scope may become. Whether anything is remembered of it is
// not known, so that it is reconciled, which says so.
func TestARoleOfWhichTheGraphSaysSomethingElseAndNoStateIsRead(t *testing.T) {
	for _, unread := range []bool{false, true} {
		l := graphed(t)
		l.role("idle", closedTrust).inline["deploy"] = assumesDeploy
		l.swept()
		l.pass(time.Hour)
		l.notices = nil
		if unread {
			l.store.Hooks.Unread = func(key string) error {
				if key != roleARN("idle") {
					return nil
				}
				return &finding.NewerError{Item: key, Schema: 9, Known: finding.Schema}
			}
		}
		l.cloud.roles["deploy"].inline["all"] = everything
		l.must(l.putInline("deploy", "all", everything))
		l.pass(2 * time.Minute)
		l.want("opened RW308 orders")
		if told := len(l.notices) > 0 && strings.Contains(l.notices[0], "cannot read the state of a role"); told != unread {
			t.Errorf("state unread: %v, operations were told %q", unread, l.notices)
		}
	}
}
