package watch_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// Only a tag that was set on rolewatch's own function, with a time as its value, is a canary that arrived: whoever tags another function
// could otherwise hide that records do not arrive.
func TestOnlyATagOfOurOwnFunctionIsACanary(t *testing.T) {
	for name, c := range map[string]struct {
		edit  func(l *lab, record []byte) []byte
		notes bool
	}{
		"our own function": {func(_ *lab, record []byte) []byte { return record }, true},
		"another function": {func(_ *lab, record []byte) []byte {
			return bytes.ReplaceAll(record, []byte(selfARN), []byte(functionARN("checkout")))
		}, false},
		"a call that failed": {func(_ *lab, record []byte) []byte {
			return bytes.Replace(record, []byte(`"eventVersion":`), []byte(`"errorCode":"AccessDenied","errorMessage":"no","eventVersion":`), 1)
		}, false},
		"a value that is not a time": {func(l *lab, _ []byte) []byte { return l.canaryRecord("soon") }, false},
		"no function of our own": {func(l *lab, record []byte) []byte {
			l.config.FunctionARN = ""
			l.watch = l.another()
			return record
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := deployed(t)
			sent := l.now.Add(-time.Minute).UTC().Truncate(time.Second)
			l.must(c.edit(l, l.canaryRecord(sent.Format(time.RFC3339))))
			marks, err := l.store.Marks(context.Background(), account)
			if err != nil {
				t.Fatal(err)
			}
			if noted := marks[selfcheck.MarkCanarySent].Equal(sent) && marks[selfcheck.MarkCanaryArrived].Equal(l.now); noted != c.notes {
				t.Errorf("noted: %v, sent %v, arrived %v", noted, marks[selfcheck.MarkCanarySent], marks[selfcheck.MarkCanaryArrived])
			}
			if !c.notes && !marks[selfcheck.MarkCanarySent].IsZero() {
				t.Errorf("sent %v", marks[selfcheck.MarkCanarySent])
			}
		})
	}
}
