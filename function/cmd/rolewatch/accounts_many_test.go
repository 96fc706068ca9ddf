package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
)

// small is an account with a number of roles for Lambda, and an input that it lacks.
type small struct {
	breaking
	id    string
	roles int
}

func (s small) RolePage(context.Context, string) ([]role.Snapshot, string, error) {
	out := make([]role.Snapshot, s.roles)
	for i := range out {
		ref := role.Ref{Partition: "aws", Account: s.id, Name: fmt.Sprintf("role-%d", i)}
		out[i] = role.Snapshot{
			Ref: ref, Identity: role.Have(role.Identity{ARN: ref.Key()}), Trust: role.Have(role.NewPolicy("trust", liveTrust, policy.Trust)),
			Tags: role.Have(map[string]string{"padding": strings.Repeat("x", 10_000)}),
		}
	}
	return out, "", nil
}

func (s small) Missing() []role.Gap {
	return []role.Gap{{What: "tags: lambda:ListTags was denied", SettledBy: "Allow it."}}
}

// always is a ruling of one check that finds every role.
func always() ruling {
	c := &check.Check{ID: "RW301", Severity: check.High, Run: func(p *check.Pass) {
		p.Report(check.Diagnostic{Title: "found " + p.Role.Ref.Name, Detail: strings.Repeat("d", 1000)})
	}}
	return ruling{set: inforce.New([]*check.Check{c}, inforce.Rules{}), now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }}
}

func numbered(n int) (out []organization.Account) {
	for i := range n {
		out = append(out, organization.Account{ID: fmt.Sprintf("%012d", 100_000_000_000+i), Name: fmt.Sprintf("account-%d", i), State: "ACTIVE", OU: "Root/Workloads"})
	}
	return out
}

// scanned scans accounts as the command line does, and gives what is printed.
func scanned(t *testing.T, ctx context.Context, out io.Writer, f format, accounts []organization.Account, workers int, open func(context.Context, string) (scan.Account, error), each func(*accountsPrinter)) error {
	t.Helper()
	w := &world{in: &bytes.Buffer{}, out: out, err: &bytes.Buffer{}, now: time.Now}
	p := newAccountsPrinter(&scanPrinter{world: w, format: f}, organization.Chosen{Accounts: accounts})
	scanAccounts(ctx, accounts, workers, open, always(), newTracker(w, len(accounts)), func(o *outcome) {
		p.take(o)
		each(p)
	})
	return p.finish(ctx)
}

// TestAThousandAccountsAreScannedInBoundedMemory counts what is open and running at the same time, and what is kept of accounts that are done.
func TestAThousandAccountsAreScannedInBoundedMemory(t *testing.T) {
	const accounts, workers, roles = 1000, 8, 20
	for _, f := range []format{formatText, formatJSON} {
		var opened, delivered, mostWaiting, mostRunning atomic.Int64
		before := runtime.NumGoroutine()
		open := func(_ context.Context, id string) (scan.Account, error) {
			mostWaiting.Store(max(mostWaiting.Load(), opened.Add(1)-delivered.Load()))
			mostRunning.Store(max(mostRunning.Load(), int64(runtime.NumGoroutine()-before)))
			if strings.HasSuffix(id, "7") {
				return nil, errors.New("broken")
			}
			return small{id: id, roles: roles}, nil
		}
		var heap []uint64
		err := scanned(t, t.Context(), io.Discard, f, numbered(accounts), workers, open, func(p *accountsPrinter) {
			if n := delivered.Add(1); n%(accounts/4) == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				heap = append(heap, m.HeapAlloc)
			}
		})
		if !errors.Is(err, errFound) || delivered.Load() != accounts || opened.Load() != accounts {
			t.Fatalf("%s: error %v, %d opened, %d delivered", f, err, opened.Load(), delivered.Load())
		}
		if n := mostWaiting.Load(); n > aheadOf*workers {
			t.Errorf("%s: %d accounts were open or waited at the same time", f, n)
		}
		// A scan judges as many roles at the same time as there are processors.
		if n, limit := mostRunning.Load(), int64(2*workers*(runtime.GOMAXPROCS(0)+2)); n > limit {
			t.Errorf("%s: %d goroutines ran at the same time, want at most %d", f, n, limit)
		}
		// All that the findings hold is over 25 MB. A line of a table for each account is under 2 KB.
		if grown := int64(heap[3]) - int64(heap[0]); grown > 3*accounts/4*2048 {
			t.Errorf("%s: the heap grew by %d bytes from a quarter of the accounts to all: %d", f, grown, heap)
		}
		t.Logf("%s: at most %d accounts and %d goroutines; heap %d", f, mostWaiting.Load(), mostRunning.Load(), heap)
	}
}

// TestTheTextOfAThousandAccountsIsShort has the gravest findings, the accounts, and what is not printed.
func TestTheTextOfAThousandAccountsIsShort(t *testing.T) {
	var out bytes.Buffer
	err := scanned(t, t.Context(), &out, formatText, numbered(1000), 4, func(_ context.Context, id string) (scan.Account, error) {
		if strings.HasSuffix(id, "7") {
			return nil, &organization.AssumeError{Why: "sts:AssumeRole was denied for the role r", SettledBy: "Create it."}
		}
		return small{id: id, roles: 3}, nil
	}, func(*accountsPrinter) {})
	if !errors.Is(err, errFound) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"not known: tags: lambda:ListTags was denied, in 900 accounts: 100000000000 (account-0), 100000000001 (account-1), 100000000002 (account-2) and 897 more. Allow it.\n",
		"not read: 100 accounts: 100000000007 (account-7), 100000000017 (account-17), 100000000027 (account-27) and 97 more: sts:AssumeRole was denied for the role r\n    Create it.\n",
		"high      RW301      2700       900   2700",
		"900 accounts scanned, 100 not read, 0 skipped, 0 not selected\n0 functions, 2700 roles in scope: 2700 findings, 0 excepted, 900 not known\n",
		"not printed: 2690 findings, 990 account rows; --details prints everything\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines > 150 || t.Failed() {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

// TestAnInterruptedScanOfAccountsSaysWhatIsDone interrupts one in an account, and prints what it has.
func TestAnInterruptedScanOfAccountsSaysWhatIsDone(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	err := scanned(t, ctx, &out, formatJSON, numbered(10), 1, func(_ context.Context, id string) (scan.Account, error) {
		if strings.HasSuffix(id, "3") {
			return endless{breaking{context.Canceled}, interrupt}, nil
		}
		return small{id: id, roles: 1}, nil
	}, func(*accountsPrinter) {})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the scan stopped after 3 of 10 accounts") {
		t.Errorf("error %v", err)
	}
	lines := linesOf(t, out.String())
	sums := total(t, lines)
	if sums["accounts"] != 3.0 || sums["accountsNotRead"] != 7.0 || sums["partial"] != true {
		t.Errorf("summary %v", sums)
	}
	partly, not := 0, 0
	for _, l := range lines {
		if l.NotRead != nil && l.NotRead.Partial {
			partly++
		} else if l.NotRead != nil && l.NotRead.Why == "the command was interrupted" {
			not++
		}
	}
	if partly != 1 || not != 6 {
		t.Errorf("%d accounts were partly read and %d not:\n%s", partly, not, out.String())
	}
}
