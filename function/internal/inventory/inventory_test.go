package inventory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const allows = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":"*"}]}`

func named(name string) func() string { return func() string { return name } }

// snapshot is a role with an inline policy.
func snapshot(name, action string) *role.Snapshot {
	ref := role.Ref{Partition: "aws", Account: "111122223333", Name: name, ARN: "arn:aws:iam::111122223333:role/" + name}
	return &role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.ARN, ID: "AROA" + name}), Trust: role.None[role.Policy](), Boundary: role.None[role.Policy](),
		Inline:   role.Have([]role.Policy{role.NewPolicy(role.InlinePart("app"), fmt.Sprintf(allows, action), policy.Identity)}),
		Attached: role.Have([]role.Policy{}), Tags: role.Have(map[string]string{"team": "pay"}),
	}
}

// odd are entries that an account seldom has: nothing known, an attached policy without an ARN, a policy that is no JSON, a limit that was
// not read, a user, and what is gone.
func odd() []inventory.Entry {
	unread := &role.Snapshot{Ref: role.Ref{Partition: "aws", Account: "111122223333", Name: "unread"}, Inline: role.NotRead[[]role.Policy](role.Denied("iam:ListRolePolicies"))}
	faulty := snapshot("faulty", "s3:GetObject")
	faulty.Attached = role.Have([]role.Policy{role.NewPolicy("", "no JSON", policy.Identity), {Part: role.ManagedPart("arn:aws:iam::aws:policy/A"), Text: role.NotRead[string](role.Denied("iam:GetPolicy"))}})
	scp, _ := policy.Parse([]byte(fmt.Sprintf(allows, "*")), policy.SCP)
	limited := &role.Snapshot{SCPs: role.Have([][]policy.Part{{{Name: "scp:p-1", Document: scp}, {Name: "scp:p-2"}}}), RCPs: role.NotRead[[][]policy.Part](role.Because("nobody asked"))}
	user := reach.Node{Snapshot: snapshot("ci", "iam:*"), IsUser: true, Groups: []string{"arn:aws:iam::111122223333:group/a"}}
	return []inventory.Entry{
		inventory.OfRole(unread, now), inventory.OfRole(faulty, now), inventory.OfLimits(limited, now), inventory.OfUser(user, now), inventory.Gone("arn:aws:iam::111122223333:role/gone", now),
		inventory.OfVersion(&role.Function{ARN: "arn:aws:lambda:us-east-1:111122223333:function:f", Version: "3", Role: "arn:aws:iam::111122223333:role/ci"}, now),
	}
}

// TestPagesHoldWhatWasRead packs an account, and entries that are odd, and reads what is stored.
func TestPagesHoldWhatWasRead(t *testing.T) {
	entries := append(listed(t, largeaccount.Dense, 400), odd()...)
	read := 0
	pages := inventory.Pack(entries)
	for _, page := range pages {
		text, err := json.Marshal(page, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 400<<10 {
			t.Errorf("a page has %d bytes before it is compressed, and an item holds %d", len(text), 400<<10)
		}
		var stored inventory.Page
		if err := json.Unmarshal(text, &stored); err != nil {
			t.Fatal(err)
		}
		list, err := stored.Unpack()
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if got, want := &list[i], &entries[read]; got.Key != want.Key || !got.Is(want) || !got.Read.Equal(want.Read) || got.IsGone() != want.IsGone() {
				t.Errorf("%s is read as %+v", want.Key, got)
			}
			read++
		}
	}
	if read != len(entries) || len(pages) < 4 {
		t.Errorf("%d of %d entries in %d pages", read, len(entries), len(pages))
	}
}

// TestAPolicyListIsInNoOrder has AWS list the policies of a role in another order: nothing has changed.
func TestAPolicyListIsInNoOrder(t *testing.T) {
	a := snapshot("orders", "s3:GetObject")
	a.Inline = role.Have(append(a.Inline.Or(nil), role.NewPolicy(role.InlinePart("other"), fmt.Sprintf(allows, "s3:PutObject"), policy.Identity)))
	b := *a
	list := slices.Clone(a.Inline.Or(nil))
	slices.Reverse(list)
	b.Inline = role.Have(list)
	first, second := inventory.OfRole(a, now), inventory.OfRole(&b, now.Add(time.Hour))
	if !first.Is(&second) {
		t.Error("another order is another role")
	}
	b.Tags = role.Have(map[string]string{})
	if third := inventory.OfRole(&b, now); third.Is(&first) {
		t.Error("other tags are the same role")
	}
}

// TestTheLaterReadCounts takes in reads of one role in any order, and in one that changes nothing.
func TestTheLaterReadCounts(t *testing.T) {
	v, err := inventory.Load(inventory.Head{Account: "111122223333"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	later := inventory.OfRole(snapshot("orders", "s3:PutObject"), now.Add(time.Second))
	v, changed, _ := v.With([]inventory.Entry{later}, named("a"))
	if !slices.Equal(changed, []string{"arn:aws:iam::111122223333:role/orders"}) {
		t.Fatalf("changed %q", changed)
	}
	for _, e := range []inventory.Entry{inventory.OfRole(snapshot("orders", "s3:GetObject"), now), inventory.OfRole(snapshot("orders", "s3:PutObject"), now.Add(time.Hour)), inventory.Gone("arn:aws:iam::111122223333:role/never", now)} {
		if next, changed, pages := v.With([]inventory.Entry{e}, named("b")); next != v || len(changed)+len(pages) > 0 {
			t.Errorf("%s: changed %q", e.Key, changed)
		}
	}
	if got := v.Get(later.Key); got == nil || !got.Is(&later) {
		t.Errorf("it is %+v", got)
	}
	v, _, _ = v.With([]inventory.Entry{inventory.Gone(later.Key, now.Add(time.Minute))}, named("c"))
	if v.Get(later.Key) != nil || len(v.Listing().Roles) != 0 {
		t.Error("a role that is gone is there")
	}
}

// TestAHeadHasRoomForSome takes in more roles than a head holds: they go into pages, from which they are read again.
func TestAHeadHasRoomForSome(t *testing.T) {
	v, err := inventory.Load(inventory.Head{Account: "111122223333"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stored, spilled := map[string]inventory.Page{}, 0
	for i := range 200 {
		s := snapshot(fmt.Sprintf("r%03d", i), strings.Repeat("s3:GetObject", 20))
		next, _, pages := v.With([]inventory.Entry{inventory.OfRole(s, now)}, named(fmt.Sprint("page-", i)))
		for name, page := range pages {
			stored[name] = page
			spilled++
		}
		text, err := json.Marshal(next.Head)
		if err != nil || len(text) > 100<<10 {
			t.Fatalf("the head has %d bytes, %v", len(text), err)
		}
		v = next
	}
	if spilled < 2 || len(v.Pages) != spilled {
		t.Fatalf("%d pages were stored, and the head names %d", spilled, len(v.Pages))
	}
	var pages [][]inventory.Entry
	for _, name := range v.Pages {
		page := stored[name]
		list, err := page.Unpack()
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, list)
	}
	again, err := inventory.Load(v.Head, pages)
	if err != nil || len(again.Listing().Roles) != 200 {
		t.Errorf("%d roles are read again, %v", len(again.Listing().Roles), err)
	}
}

// TestVersionsOfAFunction takes in versions of two functions, in a page and after it, and one that goes and one that comes.
func TestVersionsOfAFunction(t *testing.T) {
	const arn, other = "arn:aws:lambda:us-east-1:111122223333:function:f", "arn:aws:lambda:us-east-1:111122223333:function:f2"
	version := func(arn, number string) inventory.Entry {
		return inventory.OfVersion(&role.Function{ARN: arn, Version: number, Role: "arn:aws:iam::111122223333:role/ci"}, now)
	}
	v, err := inventory.Load(inventory.Head{Account: "111122223333"}, [][]inventory.Entry{{version(arn, "$LATEST"), version(arn, "1"), version(arn, "2"), version(other, "$LATEST")}})
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ = v.With([]inventory.Entry{version(arn, "3"), version(other, "1"), inventory.Gone(arn+":1", now.Add(time.Minute)), version(arn, "2")}, named("a"))
	if got, want := v.Versions(arn), []string{arn, arn + ":2", arn + ":3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := v.Versions(other), []string{other, other + ":1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := v.Versions("arn:aws:lambda:us-east-1:111122223333:function:none"); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

// TestASweepKeepsWhatWasReadSince lists an account while a role is read: the later read stays, and what the list does not have goes.
func TestASweepKeepsWhatWasReadSince(t *testing.T) {
	v, err := inventory.Load(inventory.Head{Account: "111122223333", Revision: 7, Pages: []string{"old"}}, [][]inventory.Entry{
		{inventory.OfRole(snapshot("old", "s3:GetObject"), now.Add(-time.Hour)), inventory.OfRole(snapshot("edited", "s3:PutObject"), now.Add(time.Minute))},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := []inventory.Entry{inventory.OfRole(snapshot("edited", "s3:GetObject"), now.Add(time.Second)), inventory.OfRole(snapshot("new", "s3:GetObject"), now.Add(time.Second))}
	next, _, err := v.Listed(inventory.Head{Generation: 2, Started: now, Pages: []string{"sweep-2"}}, [][]inventory.Entry{list}, "since")
	if err != nil {
		t.Fatal(err)
	}
	edited := inventory.OfRole(snapshot("edited", "s3:PutObject"), now)
	if got := next.Get(edited.Key); got == nil || !got.Is(&edited) || next.Get("arn:aws:iam::111122223333:role/old") != nil || len(next.Listing().Roles) != 2 {
		t.Errorf("the inventory is %+v", next.Listing())
	}
	if next.Revision != 7 || !next.IsListed() || !slices.Equal(next.Pages, []string{"sweep-2"}) {
		t.Errorf("the head is %+v", next.Head)
	}
}

// TestAPageThatLacksATextIsNotRead reads a page of which a text is missing.
func TestAPageThatLacksATextIsNotRead(t *testing.T) {
	page := inventory.Pack([]inventory.Entry{inventory.OfRole(snapshot("orders", "s3:GetObject"), now)})[0]
	page.Texts = nil
	if _, err := page.Unpack(); err == nil || !strings.Contains(err.Error(), "role/orders") {
		t.Errorf("the error is %v", err)
	}
	var unread *inventory.UnreadError
	if _, err := inventory.Load(inventory.Head{Account: "111122223333", Recent: page}, nil); !errors.As(err, &unread) {
		t.Errorf("the error is %v", err)
	}
}
