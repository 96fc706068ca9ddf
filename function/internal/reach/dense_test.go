package reach_test

import (
	"fmt"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// everybodyAssumesEverybody is an account of roles that all may assume each other, each by a policy of its own, and of which the last one
// leads to an administrator.
func everybodyAssumesEverybody(n int) reach.Listing {
	trust := newRole("any", document(trusting("AWS", account)), document(), "", nil).Trust
	var l reach.Listing
	for i := range n {
		name := fmt.Sprintf("role-%05d", i)
		r := newRole(name, document(), document(allow("sts:AssumeRole", "*"), allow("s3:GetObject", "arn:aws:s3:::bucket/"+name)), "", nil)
		r.Trust = trust
		l.Roles = append(l.Roles, r)
	}
	boss := newRole("boss", document(trusting("AWS", roleARN("role-00000"))), document(allow("*", "*")), "", nil)
	l.Roles = append(l.Roles, boss)
	return l
}

// chain is an account in which each role may assume the next one, by its name.
func chain(n int) reach.Listing {
	var l reach.Listing
	for i := range n {
		l.Roles = append(l.Roles, newRole(fmt.Sprintf("role-%05d", i), document(trusting("AWS", account)),
			document(allow("sts:AssumeRole", roleARN(fmt.Sprintf("role-%05d", i-i%10+(i+1)%10)))), "", map[string]string(nil)))
	}
	return l
}

// TestADenseGraphIsSearched searches an account of roles that all may assume each other. That it ends in time shows that edges are not
// enumerated.
func TestADenseGraphIsSearched(t *testing.T) {
	const n = 300
	g := danger.NewGraph(everybodyAssumesEverybody(n), now, check.Parameters{})
	for i := range n {
		v := g.Of(roleARN(fmt.Sprintf("role-%05d", i)))
		want := 2
		if i == 0 {
			want = 1
		}
		if len(v.Paths) == 0 || v.Paths[0].Standing.Power != reach.Administrator || len(v.Paths[0].Hops) != want {
			t.Fatalf("role %d: %+v", i, v.Paths)
		}
	}
}

// everybodyPassesRoles is an account of roles that all may pass any role, and of which every third has a policy that was not read.
func everybodyPassesRoles(n int) reach.Listing {
	var l reach.Listing
	for i := range n {
		r := newRole(fmt.Sprintf("role-%05d", i), document(trusting("Service", "lambda.amazonaws.com")), document(allow([]string{"logs:*", "iam:PassRole"}, "*")), "", nil)
		if i%3 == 0 {
			arn := fmt.Sprintf("arn:aws:iam::%s:policy/unread-%05d", account, i)
			r.Attached = role.Have([]role.Policy{{Part: role.ManagedPart(arn), ARN: arn, Text: role.NotRead[string](role.Denied("iam:GetPolicyVersion"))}})
		}
		l.Roles = append(l.Roles, r)
	}
	return l
}

// TestUnreadRolesAreSearched searches an account in which roles may change each other, for all that is known of them. Each of them leads
// to what may be, and none to more.
func TestUnreadRolesAreSearched(t *testing.T) {
	const n = 90
	g := danger.NewGraph(everybodyPassesRoles(n), now, check.Parameters{})
	for i := range n {
		v := g.Of(roleARN(fmt.Sprintf("role-%05d", i)))
		if isUnread := i%3 == 0; len(v.Paths) > 0 || isUnread != (len(v.Open) > 0) {
			t.Fatalf("role %d: %d paths, and %d that may be", i, len(v.Paths), len(v.Open))
		}
	}
}

func benchmark(b *testing.B, l reach.Listing) {
	b.Helper()
	for b.Loop() {
		g := danger.NewGraph(l, now, check.Parameters{})
		if g.Of(l.Roles[0].ARN()) == nil {
			b.Fatal("no graph")
		}
	}
}

// BenchmarkGraph builds graphs of different sizes: of roles that all may assume each other, of roles of which not all is known, and of roles
// that policies name.
func BenchmarkGraph(b *testing.B) {
	for _, n := range []int{2500, 5000} {
		b.Run(fmt.Sprintf("dense/%d", n), func(b *testing.B) { benchmark(b, everybodyAssumesEverybody(n)) })
	}
	for _, n := range []int{360, 720} {
		b.Run(fmt.Sprintf("unread/%d", n), func(b *testing.B) { benchmark(b, everybodyPassesRoles(n)) })
	}
	for _, n := range []int{5000, 10_000} {
		b.Run(fmt.Sprintf("named/%d", n), func(b *testing.B) { benchmark(b, chain(n)) })
	}
}
