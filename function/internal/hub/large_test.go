package hub_test

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// api is AWS Organizations with the pages, the times and the throttling of calls.
type api struct {
	l *lab
	// page is how many accounts and units a page has at most: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
	// has 20. Each call takes some time, and so many are answered in a minute.
	page    int
	each    time.Duration
	aMinute int

	accounts []types.Account
	units    map[string][]types.OrganizationalUnit
	members  map[string][]types.Account

	calls, throttled, tags int
	minute                 int64
	left                   int
}

// call takes the time of a call, and one of the calls of the minute.
func (a *api) call() error {
	a.l.now = a.l.now.Add(a.each)
	if minute := a.l.now.Unix() / 60; minute != a.minute {
		a.minute, a.left = minute, a.aMinute
	}
	if a.left == 0 {
		a.throttled++
		return &types.TooManyRequestsException{}
	}
	a.left--
	a.calls++
	return nil
}

func pageOf[T any](a *api, list []T, token *string) ([]T, *string) {
	at, _ := strconv.Atoi(aws.ToString(token))
	end := min(at+a.page, len(list))
	if end == len(list) {
		return list[at:], nil
	}
	return list[at:end], aws.String(strconv.Itoa(end))
}

func (a *api) DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error) {
	return &organizations.DescribeOrganizationOutput{Organization: &types.Organization{Id: aws.String("o-a1b2c3d4e5"), MasterAccountId: aws.String(management)}}, a.call()
}

func (a *api) ListAccounts(_ context.Context, in *organizations.ListAccountsInput, _ ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error) {
	list, next := pageOf(a, a.accounts, in.NextToken)
	return &organizations.ListAccountsOutput{Accounts: list, NextToken: next}, a.call()
}

func (a *api) ListRoots(context.Context, *organizations.ListRootsInput, ...func(*organizations.Options)) (*organizations.ListRootsOutput, error) {
	return &organizations.ListRootsOutput{Roots: []types.Root{{Id: aws.String("r-ab12"), Name: aws.String("Root")}}}, a.call()
}

func (a *api) ListOrganizationalUnitsForParent(_ context.Context, in *organizations.ListOrganizationalUnitsForParentInput, _ ...func(*organizations.Options)) (*organizations.ListOrganizationalUnitsForParentOutput, error) {
	list, next := pageOf(a, a.units[*in.ParentId], in.NextToken)
	return &organizations.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: list, NextToken: next}, a.call()
}

func (a *api) ListAccountsForParent(_ context.Context, in *organizations.ListAccountsForParentInput, _ ...func(*organizations.Options)) (*organizations.ListAccountsForParentOutput, error) {
	list, next := pageOf(a, a.members[*in.ParentId], in.NextToken)
	return &organizations.ListAccountsForParentOutput{Accounts: list, NextToken: next}, a.call()
}

func (a *api) ListParents(context.Context, *organizations.ListParentsInput, ...func(*organizations.Options)) (*organizations.ListParentsOutput, error) {
	return &organizations.ListParentsOutput{}, a.call()
}

func (a *api) Next(ctx context.Context, l *organization.Listing) error { return l.Next(ctx, a) }

func (a *api) Tags(_ context.Context, account string) (map[string]string, error) {
	if err := a.call(); err != nil {
		return nil, err
	}
	a.tags++
	return map[string]string{"owner": "team-" + account[10:] + "@example.com", "cost-center": "CC-" + account[8:], "environment": "production"}, nil
}

func (a *api) add(id, parent string) {
	account := types.Account{Id: &id, Name: aws.String("workload-" + id), State: types.AccountStateActive}
	a.accounts, a.members[parent] = append(a.accounts, account), append(a.members[parent], account)
}

// largeLab is a hub of an organization with some accounts in units of a hundred.
func largeLab(t *testing.T, accounts, aMinute int) (*lab, *api) {
	l := newLab(t)
	a := &api{l: l, page: 20, each: 120 * time.Millisecond, aMinute: aMinute, units: map[string][]types.OrganizationalUnit{}, members: map[string][]types.Account{}}
	a.add(hubAccount, "r-ab12")
	a.add(management, "r-ab12")
	for i := range accounts {
		unit := fmt.Sprintf("ou-ab12-%08d", i/100)
		if i%100 == 0 {
			a.units["r-ab12"] = append(a.units["r-ab12"], types.OrganizationalUnit{Id: &unit, Name: aws.String("Team " + strconv.Itoa(i/100))})
		}
		a.add(fmt.Sprintf("2%011d", i*7919), unit)
	}
	l.config.Lister, l.config.Tags = a, true
	l.hub = hub.New(l.config)
	return l, a
}

// jobs has the hub do its own work for a while, and leaves the items of members; a sight, if there is one, sees the directory whenever it is another.
func (l *lab) jobs(d time.Duration, sight func(*hub.Directory)) {
	l.t.Helper()
	seen := int64(-1)
	for end := l.now.Add(d); ; {
		due, ok := l.queue.Next()
		if !ok || due.After(end) {
			l.now = end
			return
		}
		if due.After(l.now) {
			l.now = due
		}
		item, _ := l.queue.Pop(l.now)
		if !bytes.HasPrefix(item.Body, []byte(`{"hub":`)) {
			continue
		}
		began := l.now
		o := l.hub.Handle(l.t.Context(), []watch.Item{{ID: item.ID, Body: item.Body, Receives: item.Receives, Account: item.Account}})[0]
		if o != (watch.Outcome{}) {
			l.t.Fatalf("%s: %+v", item.Body, o)
		}
		if took := l.now.Sub(began); took > deploy.FunctionTimeout-10*time.Second {
			l.t.Fatalf("%s took %v", item.Body, took)
		}
		_, revision, err := l.store.Kept(l.t.Context(), deploy.HubDirectory)
		if err != nil {
			l.t.Fatal(err)
		}
		if sight == nil || revision == seen {
			continue
		}
		seen = revision
		directory, err := l.hub.Directory(l.t.Context())
		if err != nil {
			l.t.Fatal(err)
		}
		sight(directory)
		if l.t.Failed() {
			return
		}
	}
}

// A list of 20,000 accounts takes many invocations. No part of it counts before it is whole, and the accounts are watched that are known while
// the next one is made; what is kept of it fits into a transaction of the table.
func TestAnOrganizationOfTwentyThousandAccounts(t *testing.T) {
	const accounts = 20_000
	l, a := largeLab(t, accounts, 300)
	l.tick()
	states := map[int]bool{}
	l.jobs(12*time.Minute, func(d *hub.Directory) { states[len(d.Watched)] = true })
	if len(states) != 2 || !states[1] || !states[accounts+2] {
		t.Fatalf("as many accounts were watched: %v", states)
	}
	d, err := l.hub.Directory(t.Context())
	last := fmt.Sprintf("2%011d", (accounts-1)*7919)
	if got, ok := d.Find(last); err != nil || !ok || got.OU != "Root/Team 199" || len(d.UnitsOf()(last)) != 2 {
		t.Errorf("the last account: %+v, %v", got, err)
	}
	if wanted := 2 * accounts / a.page; a.throttled == 0 || a.calls-a.tags < wanted || a.calls-a.tags > 2*wanted {
		t.Errorf("%d calls, %d throttled, want about %d", a.calls-a.tags, a.throttled, wanted)
	}
	t.Logf("%d calls, and %d for tags; %d throttled", a.calls-a.tags, a.tags, a.throttled)
	a.each, a.aMinute = 5*time.Millisecond, 4000 // Their number in an invocation is no matter here.
	for a.tags < len(a.accounts) {
		before := a.tags
		if l.jobs(time.Hour, nil); a.tags == before {
			t.Fatalf("tags of %d accounts were read", a.tags)
		}
	}
	body, _, err := l.store.Kept(t.Context(), deploy.HubDirectory)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed)
	_, _ = w.Write(body)
	_ = w.Close()
	if packed.Len() > 3<<20 {
		t.Errorf("%d bytes", packed.Len())
	}
	t.Logf("%d bytes of JSON, %d compressed", len(body), packed.Len())
	// An account that is gone counts as gone after two listings, and not while one is under way that has not come to it yet.
	first := fmt.Sprintf("2%011d", 0)
	gone := func(list []types.Account) []types.Account {
		return slices.DeleteFunc(slices.Clone(list), func(x types.Account) bool { return *x.Id == first })
	}
	a.accounts, a.members["ou-ab12-00000000"] = gone(a.accounts), gone(a.members["ou-ab12-00000000"])
	clear(states)
	a.each, a.aMinute = 60*time.Millisecond, 1000
	for range 3 {
		l.tick()
		l.jobs(time.Hour, func(d *hub.Directory) { states[len(d.Watched)] = true })
	}
	if d, err = l.hub.Directory(t.Context()); err != nil || len(d.Watched) != accounts+1 || len(states) != 2 {
		t.Errorf("%d accounts are watched, and were %v, %v", len(d.Watched), states, err)
	}
}

// A listing that stopped long ago begins anew: what it had is too old to be a part of a whole.
func TestAListingThatStoppedLongAgoBeginsAnew(t *testing.T) {
	l, a := largeLab(t, 3_000, 1_000)
	l.tick()
	l.jobs(20*time.Second, func(d *hub.Directory) {
		if !d.Listed.IsZero() {
			t.Error("it is done")
		}
	})
	for {
		if _, ok := l.queue.Pop(l.now.Add(24 * time.Hour)); !ok {
			break // The items are lost.
		}
	}
	l.now = l.now.Add(24 * time.Hour)
	a.accounts = a.accounts[:500]
	l.tick()
	l.jobs(time.Hour, nil)
	if d, err := l.hub.Directory(t.Context()); err != nil || len(d.Accounts) != 500 {
		t.Errorf("%d accounts, %v", len(d.Accounts), err)
	}
}
