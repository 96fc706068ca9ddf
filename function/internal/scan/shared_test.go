package scan_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
)

// unshared is an account in which no two roles have the same document: each is parsed for its role.
type unshared struct {
	*export.Account
	parsed int
}

func (u *unshared) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	page, next, err := u.Account.RolePage(ctx, marker)
	for i := range page {
		r := &page[i]
		r.Trust, r.Boundary = u.own(r.Trust), u.own(r.Boundary)
		r.Inline, r.Attached = u.ownAll(r.Inline), u.ownAll(r.Attached)
		if scps, ok := r.SCPs.Get(); ok {
			var levels [][]policy.Part
			for _, level := range scps {
				var parts []policy.Part
				for _, part := range level {
					part.Document = u.document(part.Document)
					parts = append(parts, part)
				}
				levels = append(levels, parts)
			}
			r.SCPs = role.Have(levels)
		}
	}
	return page, next, err
}

func (u *unshared) document(d *policy.Document) *policy.Document {
	if d == nil {
		return nil
	}
	u.parsed++
	own, _ := policy.Parse(d.Source(), d.Kind)
	return own
}

func (u *unshared) own(m role.Maybe[role.Policy]) role.Maybe[role.Policy] {
	p, ok := m.Get()
	if !ok {
		return m
	}
	p.Document = u.document(p.Document)
	return role.Have(p)
}

func (u *unshared) ownAll(m role.Maybe[[]role.Policy]) role.Maybe[[]role.Policy] {
	list, ok := m.Get()
	if !ok {
		return m
	}
	var out []role.Policy
	for _, p := range list {
		p.Document = u.document(p.Document)
		out = append(out, p)
	}
	return role.Have(out)
}

// TestSharedDocumentsSayTheSame scans random accounts, in which roles share documents and what was worked out for these, and then the same
// accounts with documents of each role's own: byte for byte the same is found.
func TestSharedDocumentsSayTheSame(t *testing.T) {
	for name, profile := range map[string]largeaccount.Profile{"dense": largeaccount.Dense, "sparse": largeaccount.Sparse} {
		for seed := range uint64(2) {
			dir := t.TempDir()
			if err := largeaccount.Write(dir, profile, 150, 300, 11+seed); err != nil {
				t.Fatal(err)
			}
			own := &unshared{}
			found := func(wrap func(*export.Account) scan.Account) string {
				read, err := export.Read(dir)
				if err != nil {
					t.Fatal(err)
				}
				now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
				result, err := scan.Run(t.Context(), wrap(read), scan.Options{
					Rules: inforce.New(catalogue.Checks(), inforce.Rules{}), Now: now, Progress: func(string) {},
					Graph: func(l reach.Listing) *reach.Graph { return danger.NewGraph(l, now, check.Parameters{}) },
				})
				if err != nil || result.Tally.Findings < 20 {
					t.Fatalf("%+v, %v", result.Tally, err)
				}
				text, err := json.Marshal(result, json.Deterministic(true))
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			shared := found(func(a *export.Account) scan.Account { return a })
			if alone := found(func(a *export.Account) scan.Account { own.Account = a; return own }); alone != shared {
				t.Errorf("%s, seed %d: with documents of their own roles have other findings", name, seed)
			}
			if own.parsed < 300 {
				t.Errorf("%s: %d documents were parsed", name, own.parsed)
			}
		}
	}
}
