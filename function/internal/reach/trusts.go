package reach

import (
	"slices"
	"strconv"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// trusts say which roles' trust policies may admit somebody, by what the policies name.
type trusts struct {
	// keys tell the trust policies of roles apart, the first one that of the role of the place first.
	keys  []string
	first int32
	// named are the roles whose trust policies name a principal by its ARN, and everybody those that name all.
	named     map[string][]int32
	everybody []int32
	// admits says of a key what the policy names.
	admits map[string]admission
}

// admission is what a trust policy names, as far as Allow statements go.
type admission struct {
	// account is set where an account is named, unknown where the policy was not read.
	account, everybody, unknown bool
	services                    map[string]bool
	principals                  map[string]bool
	// accounts are those that are named, or whose principals are.
	accounts map[string]bool
}

// keyOf tells the trust policy of the role of a place apart.
func (t *trusts) keyOf(at int32) string { return t.keys[at-t.first] }

// has reports whether a place is that of one of the roles.
func (t *trusts) has(at int32) bool { return at >= t.first && at < t.first+int32(len(t.keys)) }

func newTrusts(roles []*Node, first int32) trusts {
	t := trusts{keys: make([]string, len(roles)), first: first, named: map[string][]int32{}, admits: map[string]admission{}}
	byDocument := map[*policy.Document]string{}
	for i, n := range roles {
		doc := trustDocument(n)
		key, seen := byDocument[doc]
		switch {
		case doc == nil:
			key = "unread " + strconv.Itoa(i)
		case !seen:
			key = n.Trust.Or(role.Policy{}).Hash()
			byDocument[doc] = key
		}
		t.keys[i] = key
		one, known := t.admits[key]
		if !known {
			one = admissionOf(doc)
			t.admits[key] = one
		}
		for arn := range one.principals {
			t.named[arn] = append(t.named[arn], first+int32(i))
		}
		if one.everybody {
			t.everybody = append(t.everybody, first+int32(i))
		}
	}
	return t
}

func admissionOf(doc *policy.Document) admission {
	a := admission{services: map[string]bool{}, principals: map[string]bool{}, accounts: map[string]bool{}}
	if doc == nil {
		a.unknown = true
		return a
	}
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Effect == policy.Deny {
			continue
		}
		for _, p := range s.Principals {
			switch {
			case p.Type == "Service":
				a.services[p.Text] = true
			case p.Text == "*":
				a.everybody = true
			case aws.IsAccountID(p.Text):
				a.account, a.accounts[p.Text] = true, true
			case p.Type == "AWS":
				arn, err := aws.ParseARN(p.Text)
				a.account = a.account || err == nil && arn.Resource == "root"
				a.principals[p.Text] = true
				if err == nil {
					a.accounts[arn.Account] = true
				}
			}
		}
	}
	return a
}

// Admits reports whether the trust policy of a role may admit a principal of the account, by what it names.
func (a *Account) Admits(at int32, arns ...string) bool {
	one := a.trusts.admits[a.trusts.keyOf(at)]
	if one.unknown || one.account || one.everybody {
		return true
	}
	for _, arn := range arns {
		if one.principals[arn] {
			return true
		}
	}
	return false
}

// AdmitsService reports whether the trust policy of a role may admit a service, by what it names.
func (a *Account) AdmitsService(at int32, service string) bool {
	one := a.trusts.admits[a.trusts.keyOf(at)]
	return one.unknown || one.services[service] || one.services["*"]
}

// Naming are the roles whose trust policies name one of some principals, or everybody: those may be assumed without a permission of the
// principal's own.
func (a *Account) Naming(arns ...string) []int32 {
	out := slices.Clone(a.trusts.everybody)
	for _, arn := range arns {
		out = append(out, a.trusts.named[arn]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// IsNamed reports whether a trust policy names one of some principals, or everybody.
func (a *Account) IsNamed(arns ...string) bool { return len(a.Naming(arns...)) > 0 }
