package danger

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Of the managed policies that a role has, and of its boundary, it could change those of its account and not those of AWS. A policy that is no
// managed one has no ARN to change it by.
func TestTheManagedPoliciesThatARoleCouldChange(t *testing.T) {
	text := allowing(t, "*", "*")
	managed := func(arn string) role.Policy {
		p := role.NewPolicy(role.ManagedPart(arn), text, policy.Identity)
		p.ARN = arn
		return p
	}
	ofAWS, own, limits := aws.AWSManagedPolicyARN("aws", "ReadOnlyAccess").String(), "arn:aws:iam::"+account+":policy/orders", "arn:aws:iam::"+account+":policy/limits"
	for boundary, want := range map[string][]string{limits: {own, limits}, ofAWS: {own}, "": {own}} {
		s := subject()
		s.Role.Attached = role.Have([]role.Policy{managed(ofAWS), managed(own)})
		s.Role.Seen = []role.Policy{role.NewPolicy(role.InlinePart("p"), text, policy.Identity)}
		if boundary != "" {
			s.Role.Boundary = role.Have(managed(boundary))
		}
		var got []string
		for _, c := range selfChanges(s.Role) {
			if slices.Contains(c.actions, "iam:CreatePolicyVersion") {
				got = append(got, c.resources...)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("with the boundary %q it could change %v", boundary, got)
		}
		for _, arn := range []string{ofAWS, own} {
			if about := aboutSelf(s, policy.Request{Action: "iam:CreatePolicyVersion", Resource: arn}); about != (arn == own) {
				t.Errorf("a new version of %s is about the role itself: %v", arn, about)
			}
		}
	}
}

// TestEveryChangeOfARoleIsLookedFor holds the actions that are looked for at once against those of a role with all that can be changed.
func TestEveryChangeOfARoleIsLookedFor(t *testing.T) {
	s := subject()
	own := role.Policy{Part: role.ManagedPart("p"), ARN: "arn:aws:iam::" + account + ":policy/orders"}
	s.Role.Attached, s.Role.Boundary = role.Have([]role.Policy{own}), role.Have(own)
	count := 0
	for _, c := range selfChanges(s.Role) {
		for _, action := range c.actions {
			if count++; !slices.ContainsFunc(selfActions(), func(known ask.Known) bool { return known.Name == action }) {
				t.Errorf("%s is not looked for", action)
			}
		}
	}
	if count < 10 || len(s.Role.Users.List) == 0 {
		t.Errorf("%d actions, of functions %v", count, s.Role.Users.List)
	}
}
