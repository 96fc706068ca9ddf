package combine

import "testing"

// three is a truth value: false, undecided, true, in this order.
type three int

const (
	no three = iota
	maybe
	yes
)

var rules = Rules[three]{
	True: yes, False: no, Undecided: maybe,
	And: func(a, b three) three { return min(a, b) }, Or: func(a, b three) three { return max(a, b) }, Not: func(a three) three { return yes - a },
}

// every visits every combination of n truth values.
func every(n int, visit func(values []three)) {
	values := make([]three, n)
	for {
		visit(values)
		i := 0
		for ; i < n && values[i] == yes; i++ {
			values[i] = no
		}
		if i == n {
			return
		}
		values[i]++
	}
}

// ways are the ways in which a request can be granted, each a list of what has to allow it, as the page "Policy evaluation
// logic" tells them for the one account and for two.
func ways(q *Request[three], all *Answers[three]) [][]three {
	identity, grant := all.Of[Identity].Allow, all.Grant
	boundary, session := all.Of[Boundary].Allow, all.Of[Session].Allow
	switch {
	case q.Caller == Outsider:
		return [][]three{{grant.Direct}}
	case !q.SameAccount:
		return [][]three{
			{identity, boundary, session, grant.Direct}, {identity, boundary, session, grant.Role}, {identity, boundary, session, grant.Account},
		}
	case q.Explicit:
		return [][]three{{grant.Direct}, {grant.Role, boundary, session}, {grant.Account, identity, boundary, session}}
	}
	return [][]three{{grant.Direct}, {grant.Role, boundary, session}, {identity, boundary, session}}
}

// TestDecideEverything holds the decision, for every combination of what the kinds answer, against the ways.
func TestDecideEverything(t *testing.T) {
	checked, decisions := 0, [3]int{}
	for _, caller := range []Caller{Outsider, Account, Member} {
		for facts := range 4 {
			q := Request[three]{Caller: caller, SameAccount: facts&1 != 0, Explicit: facts&2 != 0}
			every(9, func(v []three) {
				var all Answers[three]
				all.Of[Identity].Allow, all.Of[Boundary].Allow, all.Of[Session].Allow, all.Of[Endpoint].Allow, all.Of[SCP].Allow = v[0], v[1], v[2], v[3], v[4]
				all.Of[RCP].Allow = yes
				all.Grant = Grant[three]{v[5], v[6], v[7]}
				denying := Kind(checked % int(Kinds))
				all.Of[denying].Deny = v[8]
				want := no
				for _, way := range ways(&q, &all) {
					granted := yes
					for _, needed := range way {
						granted = min(granted, needed)
					}
					want = max(want, granted)
				}
				want = min(want, all.Of[Endpoint].Allow, all.Of[SCP].Allow, yes-all.Of[denying].Deny)
				if got := rules.Decide(&q, &all); got != want {
					t.Fatalf("%+v with %+v is %d, want %d", q, all, got, want)
				}
				decisions[want]++
				checked++
			})
		}
	}
	if checked != 3*4*19683 || decisions[no] == 0 || decisions[maybe] == 0 || decisions[yes] == 0 {
		t.Fatalf("checked %d combinations: %v", checked, decisions)
	}
}

// TestKindEverything holds what the policies of a kind say together against the rules of that kind, for two levels of two
// policies each, with and without some that were not read.
func TestKindEverything(t *testing.T) {
	checked := 0
	for k := range Kinds {
		for _, applies := range []three{no, maybe, yes} {
			for _, unread := range []bool{false, true} {
				every(8, func(v []three) {
					got, grant := rules.Kind(k, &Request[three]{Caller: Member}, applies, &Policies[three]{
						Levels: 2, Count: func(int) int { return 2 }, Unread: unread,
						Ask: func(level, i int) (Answer[three], Grant[three]) {
							allow, deny := v[4*level+2*i], v[4*level+2*i+1]
							return Answer[three]{Allow: allow, Deny: deny}, Grant[three]{Role: allow}
						},
					})
					allow := min(max(v[0], v[2]), max(v[4], v[6]))
					switch k {
					case Boundary:
						allow = min(v[0], v[2], v[4], v[6])
					case RCP:
						allow = yes
					}
					deny := max(v[1], v[3], v[5], v[7])
					if unread {
						deny = max(deny, maybe)
						switch k {
						case Identity, Resource:
							allow = max(allow, maybe)
						case Boundary, Session, Endpoint, SCP:
							allow = maybe
						}
					}
					allow, deny = max(allow, yes-applies), min(deny, applies)
					if got.Allow != allow || got.Deny != deny {
						t.Fatalf("%v, applies %d, unread %v, %v: allows %d and denies %d, want %d and %d", k, applies, unread, v, got.Allow, got.Deny, allow, deny)
					}
					if want := max(v[0], v[2], v[4], v[6]); k == Resource && grant.Role != want {
						t.Fatalf("%v: grants %d, want %d", v, grant.Role, want)
					}
					checked++
				})
			}
		}
	}
	if checked != int(Kinds)*6*6561 {
		t.Fatalf("checked %d combinations", checked)
	}
}

// TestKindWithoutPolicies is what a level allows that holds no policy, and an organization without levels.
func TestKindWithoutPolicies(t *testing.T) {
	want := map[Kind]three{Identity: no, Resource: no, Boundary: yes, Session: yes, Endpoint: yes, SCP: no, RCP: yes}
	for k := range Kinds {
		p := Policies[three]{Levels: 1, Count: func(int) int { return 0 }}
		if got, _ := rules.Kind(k, &Request[three]{Caller: Member}, yes, &p); got.Allow != want[k] || got.Deny != no {
			t.Errorf("%v: allows %d and denies %d, want %d and %d", k, got.Allow, got.Deny, want[k], no)
		}
		p.Levels = 0
		if got, _ := rules.Kind(k, &Request[three]{Caller: Member}, yes, &p); got.Allow != yes || got.Deny != no {
			t.Errorf("%v without levels: allows %d and denies %d", k, got.Allow, got.Deny)
		}
	}
	none := Policies[three]{Levels: 1, Count: func(int) int { return 0 }}
	if got, _ := rules.Kind(Session, &Request[three]{Caller: Member, NeedsSession: true}, yes, &none); got.Allow != no {
		t.Errorf("a federated user's session without a session policy is allowed: %d", got.Allow)
	}
}

// TestApplies is which kinds apply to whom.
func TestApplies(t *testing.T) {
	checked := 0
	for _, linked := range []three{no, maybe, yes} {
		for _, under := range []bool{false, true} {
			for _, caller := range []Caller{Outsider, Account, Member} {
				isMember, isOfAccount := rules.trueIf(caller == Member), rules.trueIf(caller != Outsider)
				want := [Kinds]three{
					Identity: isMember, Resource: yes, Boundary: isMember, Session: isOfAccount, Endpoint: yes,
					SCP: min(isOfAccount, yes-linked), RCP: min(rules.trueIf(under), yes-linked),
				}
				for k := range Kinds {
					q := Request[three]{Caller: caller, UnderRCPs: under, ServiceLinked: linked}
					if got := rules.Applies(k, &q); got != want[k] {
						t.Errorf("%v of %+v: %d, want %d", k, q, got, want[k])
					}
					checked++
				}
			}
		}
	}
	if checked != 18*int(Kinds) {
		t.Fatalf("checked %d", checked)
	}
}
