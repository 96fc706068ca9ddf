package watch_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// close closes the account, and reports whether all is done.
func (l *lab) close() bool {
	l.t.Helper()
	done, err := l.watch.Close(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return done
}

// An account that is not watched any more has no open findings: those of all its roles are resolved, and that is reported, without a read of
// the account. It is done when a call finds nothing left to do.
func TestAClosedAccountHasNoFindings(t *testing.T) {
	l := newLab(t)
	var opened, resolved []string
	for i := range 60 { // More than one commit takes.
		name := fmt.Sprintf("r%03d", i)
		l.role(name, goodTrust).inline["all"] = everything
		opened, resolved = append(opened, "opened RW301 "+name), append(resolved, "resolved RW301 "+name+" "+string(finding.AccountGone))
	}
	l.swept()
	l.pass(time.Hour)
	l.want(opened...)
	l.cloud.fail = errors.New("the account is closed")
	if l.close() {
		t.Error("done, and 60 roles had findings")
	}
	l.want(resolved...)
	for _, name := range []string{"r000", "r059"} {
		if open := l.findings(name); len(open) != 0 {
			t.Errorf("stored of %s: %+v", name, open)
		}
	}
	if !l.close() {
		t.Error("not done, and nothing is left")
	}
	l.want()
}

// As long as a message waits for its topic, the account is not closed.
func TestAnAccountIsNotClosedBeforeItsMessagesAreSent(t *testing.T) {
	l := orders(t)
	l.must(l.attach("orders"))
	l.want("opened RW302 orders")
	l.down = errors.New("SNS is down")
	for range 2 {
		if l.close() {
			t.Error("done, and the message waits")
		}
	}
	l.down = nil
	l.now = l.now.Add(2 * time.Minute) // Nobody else holds it any more.
	if !l.close() {
		t.Error("not done, and the message was sent")
	}
	l.want("resolved RW302 orders " + string(finding.AccountGone))
}

// What the digest would report of a closed account is reported at once: there is no later tick.
func TestTheDigestOfAClosedAccountIsSentAtOnce(t *testing.T) {
	l := routedLab(t, func(c *watch.Config) {
		c.Digest, c.Routing.Routes = watch.Digest{Daily: true, At: 10 * time.Hour}, nil
	})
	l.must(l.edit("pay", readable))
	l.want("opened RW303 pay")
	l.pass(time.Minute)
	l.close()
	told := l.messages
	if n := len(told); n != 2 || told[1].Digest == nil || told[1].Digest.Passed != 1 {
		t.Errorf("told: %+v", told)
	}
	if waiting, err := l.store.Digest(t.Context(), account); err != nil || len(waiting) != 0 {
		t.Errorf("%d entries wait, %v", len(waiting), err)
	}
}
