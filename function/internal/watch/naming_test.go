package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// Messages name the account as the settings do, else by its alias, which is asked for once an hour. Where it cannot be read, they have its ID.
func TestMessagesNameTheAccount(t *testing.T) {
	for name, tt := range map[string]struct {
		setting, alias string
		err            error
		want           string
	}{
		"by its alias": {alias: "pay-prod", want: "pay-prod (" + account + ")"}, "by the settings": {setting: "Payments", alias: "pay-prod", want: "Payments (" + account + ")"},
		"by its ID": {want: account}, "where it is denied": {err: errors.New("AccessDenied"), want: account},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			asked := 0
			l.config.AccountName = tt.setting
			l.config.Alias = func(context.Context) (string, error) { asked++; return tt.alias, tt.err }
			l.watch = l.another()
			l.outgoing = nil
			l.must(l.attach("orders"))
			l.pass(time.Minute)
			l.must(l.detach("orders"))
			if len(l.outgoing) != 2 {
				t.Fatalf("%d messages", len(l.outgoing))
			}
			for _, o := range l.outgoing {
				if !strings.Contains(o.Rendered.Email, "Account    "+tt.want+"\n") {
					t.Errorf("the e-mail is\n%s", o.Rendered.Email)
				}
			}
			if want := map[bool]int{true: 0, false: 1}[tt.setting != ""]; asked != want {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}
