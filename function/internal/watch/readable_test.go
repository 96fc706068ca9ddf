package watch_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// What Readable does not read is a dead letter, and nothing else is one: a letter is left where it is by that.
func TestWhatIsReadableIsNoDeadLetter(t *testing.T) {
	readable, unreadable := 0, 0
	for name, text := range map[string]func(*lab) []byte{
		"a record":         func(l *lab) []byte { return l.setTrust("orders", badTrust) },
		"of another event": func(l *lab) []byte { return l.record("ListRoles", nil) },
		"a tick":           func(*lab) []byte { return []byte(deploy.Tick) },
		"a heartbeat": func(l *lab) []byte {
			return l.signal("rolewatch", "rolewatch heartbeat", map[string]any{"deadLetters": "q", "rules": []any{}})
		},
		"an alarm": func(l *lab) []byte { return l.alarm("OK", "ALARM") },
		"a broken heartbeat": func(l *lab) []byte {
			return l.signal("rolewatch", "rolewatch heartbeat", map[string]any{"rules": "all"})
		},
		"a look":              func(*lab) []byte { return []byte(`{"rolewatch":"look","roles":["` + roleARN("orders") + `"]}`) },
		"a count":             func(*lab) []byte { return []byte(`{"rolewatch":"count","change":"c"}`) },
		"an incomplete count": func(*lab) []byte { return []byte(`{"rolewatch":"count"}`) },
		"cut off": func(l *lab) []byte {
			return l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": "orders"})[:200]
		},
		"nothing": func(*lab) []byte { return nil },
	} {
		l := orders(t)
		body := text(l)
		_, err := watch.Readable(body)
		if o := l.deliver(body)[0]; (o.Dead != "") != (err != nil) {
			t.Errorf("%s: outcome %+v, and it is readable: %v", name, o, err)
		}
		if err == nil {
			readable++
		} else {
			unreadable++
		}
	}
	if readable < 7 || unreadable < 3 {
		t.Errorf("%d bodies are readable, %d are not", readable, unreadable)
	}
}
