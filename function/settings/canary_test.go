package settings

import (
	"strings"
	"testing"
	"time"
)

func TestTheCanaryIsAskedForByAWord(t *testing.T) {
	for value, want := range map[string]time.Duration{`"weekly"`: 7 * 24 * time.Hour, `"never"`: 0} {
		s, err := FromContext([]byte(`{"canary":`+value+`}`), known)
		if err != nil || s.Canary != want {
			t.Errorf("%s: %v, %v", value, s.Canary, err)
		}
	}
	for _, value := range []string{`"hourly"`, `""`, `7`, `true`} {
		if _, err := FromContext([]byte(`{"canary":`+value+`}`), known); err == nil || !strings.Contains(err.Error(), "rolewatch.canary "+value) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
