package watch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/policy"
)

// burst is a lab with a role that was read a minute after its records, and some more records of that time.
func burst(t *testing.T) (l *lab, later [][]byte) {
	l = newLab(t)
	l.config.Graph = &danger.Graphs{}
	l.watch = l.another()
	l.role("orders", goodTrust).inline["work"] = harmless
	l.function("checkout", "orders")
	l.swept()
	l.now = l.now.Add(time.Hour)
	first := l.setTrust("orders", badTrust)
	for range 20 {
		later = append(later, l.setTrust("orders", badTrust))
	}
	l.now = l.now.Add(30 * time.Second)
	l.must(first)
	l.pass(time.Minute + 10*time.Second)
	l.want("opened RW102 orders")
	return l, later
}

// Records of a burst that are handled later than a read of their role that shows them do not have it read again.
func TestABurstReadsARoleOnce(t *testing.T) {
	l, later := burst(t)
	before := l.state("orders")
	reads := l.cloud.reads
	for _, record := range later {
		l.now = l.now.Add(time.Second)
		l.must(record)
	}
	if l.cloud.reads != reads {
		t.Errorf("the role was read %d times again", l.cloud.reads-reads)
	}
	l.want()
	if after := l.state("orders"); !after.LookedAt.Equal(before.LookedAt) || after.Revision == before.Revision {
		t.Errorf("the role was read at %v, and it says %v", before.LookedAt, after.LookedAt)
	}
	// An edit after the read is read, and the resolution reported.
	l.now = l.now.Add(time.Second)
	l.must(l.setTrust("orders", goodTrust))
	l.pass(2 * time.Minute)
	l.want("resolved RW102 orders mended")
}

// What could show another role than the last read has it read again.
func TestAReadThatMayShowLessIsRepeated(t *testing.T) {
	for name, change := range map[string]func(l *lab, record []byte) []byte{
		"the record is of a later time": func(l *lab, _ []byte) []byte { return l.setTrust("orders", badTrust) },
		"the record is hardly earlier": func(l *lab, _ []byte) []byte {
			l.must(l.setTrust("orders", badTrust))
			record := l.setTrust("orders", badTrust)
			l.now = l.now.Add(20 * time.Second)
			return record
		},
		"the read does not show the record": func(l *lab, _ []byte) []byte {
			l.now = l.now.Add(-65 * time.Second)
			record := l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "new", "policyDocument": everything})
			l.now = l.now.Add(70 * time.Second)
			return record
		},
		"another environment saw something else": func(l *lab, record []byte) []byte {
			l.cloud.roles["orders"].inline["work"] = `{"Version":"2012-10-17","Statement":[]}`
			here := l.watch
			l.watch, l.now = l.another(), l.now.Add(time.Second)
			l.must(l.record("TagRole", map[string]any{"roleName": "orders", "tags": []any{}}))
			l.watch = here
			return record
		},
		"it is long ago": func(l *lab, record []byte) []byte {
			l.now = l.now.Add(10 * time.Minute)
			return record
		},
		"the policies of the organization are others now": func(l *lab, record []byte) []byte {
			l.cloud.scps = role.Have([][]policy.Part{{}})
			l.now = l.now.Add(time.Second)
			l.must(l.record("TagRole", map[string]any{"roleName": "reports", "tags": []any{}}))
			return record
		},
		"another environment was told that the policies of the organization changed": func(l *lab, record []byte) []byte {
			if err := l.store.Mark(l.t.Context(), account, watch.MarkPolicies, l.now); err != nil {
				l.t.Fatal(err)
			}
			return record
		},
		"something of it was denied": func(l *lab, record []byte) []byte {
			delete(l.cloud.roles["orders"].inline, "work")
			l.must(l.record("DeleteRolePolicy", map[string]any{"roleName": "orders", "policyName": "work"}))
			l.now = l.now.Add(2 * time.Minute)
			l.cloud.denied = map[string]bool{"iam:ListRolePolicies": true}
			l.must(l.setTrust("orders", badTrust))
			return record
		},
		"it is asked for without a record": func(*lab, []byte) []byte { return watch.LookItem(roleARN("orders")) },
	} {
		t.Run(name, func(t *testing.T) {
			l, later := burst(t)
			l.role("reports", goodTrust)
			l.function("report", "reports")
			record := change(l, later[0])
			reads := l.cloud.reads
			l.deliver(record)
			if l.cloud.reads == reads {
				t.Error("the role was not read")
			}
		})
	}
}

// A failure is confirmed by a read of its own.
func TestAFailureIsConfirmedByAnotherRead(t *testing.T) {
	l, _ := burst(t)
	l.must(l.setTrust("orders", goodTrust))
	l.want("resolved RW102 orders mended")
	l.now = l.now.Add(time.Hour)
	record := l.setTrust("orders", badTrust)
	l.now = l.now.Add(30 * time.Second)
	l.must(record)
	l.cloud.roles["orders"].trust = goodTrust
	l.pass(2 * time.Minute)
	l.want()
}

// What another environment read later, and saw the same, need not be read again.
func TestAReadOfAnotherEnvironmentCounts(t *testing.T) {
	l, _ := burst(t)
	here := l.watch
	record := l.setTrust("orders", badTrust)
	l.now = l.now.Add(30 * time.Second)
	l.watch = l.another()
	l.must(l.setTrust("orders", badTrust))
	l.now = l.now.Add(time.Second)
	l.watch = here
	before, reads := l.state("orders"), l.cloud.reads
	l.must(record)
	if after := l.state("orders"); l.cloud.reads != reads || !after.LookedAt.Equal(before.LookedAt) {
		t.Errorf("the role was read %d times again, at %v and %v", l.cloud.reads-reads, before.LookedAt, after.LookedAt)
	}
}

// A read that failed is not kept.
func TestAReadThatFailedIsRepeated(t *testing.T) {
	l, later := burst(t)
	l.cloud.failing = map[string]error{"orders": errors.New("down")}
	l.now = l.now.Add(20 * time.Second)
	l.fails(l.setTrust("orders", goodTrust))
	l.cloud.failing = nil
	reads := l.cloud.reads
	l.pass(time.Minute)
	if l.cloud.reads == reads {
		t.Error("the role was not read")
	}
	l.must(later...)
	l.pass(2 * time.Minute)
	l.want("resolved RW102 orders mended")
}

// A burst of records about two roles reads each of them once: the read of one stays when the other is read.
func TestABurstAboutTwoRolesReadsEachOnce(t *testing.T) {
	l := newLab(t)
	l.config.Graph = &danger.Graphs{}
	l.watch = l.another()
	names := []string{"billing", "orders"}
	for _, name := range names {
		l.role(name, goodTrust)
		l.function("of-"+name, name)
	}
	l.swept()
	l.now = l.now.Add(time.Hour)
	var records [][]byte
	for range 5 {
		for _, name := range names {
			records = append(records, l.record("TagRole", map[string]any{"roleName": name, "tags": []any{}}))
		}
	}
	l.now = l.now.Add(30 * time.Second)
	reads := l.cloud.reads
	for _, record := range records {
		l.now = l.now.Add(time.Second)
		l.must(record)
	}
	if n := l.cloud.reads - reads; n != len(names) {
		t.Errorf("the roles were read %d times", n)
	}
}
