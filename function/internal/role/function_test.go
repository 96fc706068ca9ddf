package role_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestVersionsAreOrdered sorts versions: $LATEST first, however it is named, and numbers by their size.
func TestVersionsAreOrdered(t *testing.T) {
	for _, latest := range []string{"$LATEST", ""} {
		got := []string{"10", "2", latest, "1", "9"}
		slices.SortFunc(got, role.CompareVersions)
		if want := []string{latest, "1", "2", "9", "10"}; !slices.Equal(got, want) {
			t.Errorf("sorted versions: %q, want %q", got, want)
		}
	}
}

// TestSourceKind takes the kind from the service, which an ARN that is not whole names too.
func TestSourceKind(t *testing.T) {
	for arn, want := range map[string]role.SourceKind{
		"":                                     role.SourceKafka,
		"arn:aws:sqs:us-east-1:111122223333:q": role.SourceSQS,
		"arn:aws:sqs:us-east-1:111122223333:":  role.SourceSQS,
		"arn:aws:kafka:us-east-1":              role.SourceMSK,
		"x:aws:sqs:us-east-1:111122223333:q":   role.SourceOther,
		"sqs":                                  role.SourceOther,
	} {
		if got := role.SourceKindOf(arn); got != want {
			t.Errorf("kind of the source %q: %s, want %s", arn, got, want)
		}
	}
}

// TestRoleKey takes the key from the role's ARN, whatever its path, and from what is no role's ARN the text itself.
func TestRoleKey(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:iam::111122223333:role/service/orders": "arn:aws:iam::111122223333:role/orders",
		"orders": "orders",
		"":       "",
	} {
		if got := (role.Function{Role: text}).RoleKey(); got != want {
			t.Errorf("key of role %q: %q, want %q", text, got, want)
		}
	}
}

// TestComplete gives each version what is configured under the qualifiers that lead to it, and leaves what was not read so.
func TestComplete(t *testing.T) {
	url := func(qualifier string) role.URL { return role.URL{Qualifier: qualifier} }
	beside := role.Beside{
		Sources: role.NotRead[[]role.Source](role.Because("denied")), Destinations: role.Have([]role.Destinations{}),
		Policies: role.NotRead[[]role.ResourcePolicy](role.Because("denied")), SeenPolicies: []role.ResourcePolicy{{Qualifier: "live"}, {Qualifier: "2"}},
		URLs: role.Have([]role.URL{url(""), url("2"), url("live"), url("dev")}),
	}
	for _, tt := range []struct {
		version      string
		aliasesKnown bool
		urls         []string
		seen         int
	}{
		{"$LATEST", true, []string{""}, 0},
		{"2", true, []string{"2", "live"}, 2},
		{"3", true, nil, 0},
		{"3", false, []string{"live", "dev"}, 1},
	} {
		f := role.Function{Version: tt.version}
		if tt.version == "2" {
			f.Aliases = []string{"live"}
		}
		f.Complete(beside, func(string) bool { return tt.aliasesKnown })
		var got []string
		for _, u := range f.Config.URLs.Or(nil) {
			got = append(got, u.Qualifier)
		}
		if !slices.Equal(got, tt.urls) || len(f.Config.SeenPolicies) != tt.seen {
			t.Errorf("version %s: URLs of %q and %d policies, want %q and %d", tt.version, got, len(f.Config.SeenPolicies), tt.urls, tt.seen)
		}
		if f.Config.Sources.Why() != "denied" || f.Config.Policies.Why() != "denied" || f.Config.Destinations.State() != role.Known {
			t.Errorf("version %s: %+v, want what was not read to stay so", tt.version, f.Config)
		}
	}
}

// TestAnUnqualifiedNameOfAFunctionOnManagedInstances leads to the version that was published for it, and never to $LATEST.
func TestAnUnqualifiedNameOfAFunctionOnManagedInstances(t *testing.T) {
	managed, none := role.Have("arn:aws:lambda:us-east-1:111122223333:capacity-provider:cp"), role.None[string]()
	for _, tt := range []struct {
		version            string
		provider           role.Maybe[string]
		name, latest, last bool
	}{
		{"$LATEST", none, true, true, false},
		{"$LATEST", managed, false, true, false},
		{"$LATEST", role.NotRead[string](role.Because("denied")), true, true, false},
		{"$LATEST", role.Maybe[string]{}, true, true, false},
		{"$LATEST.PUBLISHED", managed, true, false, true},
		{"$LATEST.PUBLISHED", role.Maybe[string]{}, true, false, true},
		{"7", managed, false, false, false},
	} {
		f := role.Function{Version: tt.version, Config: role.Config{CapacityProvider: tt.provider}}
		for _, known := range []bool{true, false} {
			for qualifier, want := range map[string]bool{"": tt.name, "$LATEST": tt.latest, "$LATEST.PUBLISHED": tt.last} {
				if got := f.ReachedBy(qualifier, func(string) bool { return known }); got != want {
					t.Errorf("version %s on %v is reached by %q: %v", tt.version, tt.provider, qualifier, got)
				}
			}
		}
	}
}
