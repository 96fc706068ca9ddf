package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Visitor is somebody outside of a resource's account, or any of a kind: some role of an account, for example.
type Visitor struct {
	// Principal is as in policy.Request. Of a kind it is one that no policy names.
	Principal string
	// keys are the condition keys that follow from who it is. like are patterns of those of which each of the kind has its own.
	keys map[string]policy.ContextValue
	like map[string]string
}

// The values of aws:PrincipalType, and the beginnings of unique IDs:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
const (
	roleType, userType, rootType, federatedType = "AssumedRole", "User", "Account", "FederatedUser"
	roleID, userID                              = "AROA", "AIDA"
)

// madeUpID is the rest of a unique ID that nobody has.
const madeUpID = "ZZZZZZZZZZZZZZZZZ"

// principalKeys are the keys in which principals of one account differ.
var principalKeys = []string{"aws:principalarn", "aws:username", "aws:userid", "aws:principaltype"}

// Outside is somebody of no account: a service, an identity provider, or "*" for a caller without credentials.
func Outside(principal string) Visitor { return Visitor{Principal: principal} }

// Stranger is a user of an account that no policy names, whose name nobody has a pattern for.
func (g *Gate) Stranger(account string) Visitor {
	v := g.kind(account, userType, "user/")
	arn := v.Principal
	v.keys["aws:principalarn"], v.keys["aws:username"], v.keys["aws:userid"] = Value(arn), Value(g.name), Value(userID+madeUpID)
	v.like = nil
	return v
}

// Ordinary is a role of an account whose name nobody has a pattern for. Its unique ID is not known.
func (g *Gate) Ordinary(account string) Visitor {
	v := g.kind(account, roleType, "role/")
	v.keys["aws:principalarn"] = Value(v.Principal)
	v.like = nil
	return v
}

// Everybody are the principals of an account that policies can distinguish: its roles, its users and its root user. Those of a
// stranger's account have unique IDs that no policy knows.
func (g *Gate) Everybody(account, action string, ofStranger bool) []Visitor {
	known := ""
	if ofStranger {
		known = madeUpID
	}
	role, user := g.kind(account, roleType, "role/"), g.kind(account, userType, "user/")
	role.like["aws:userid"], user.like["aws:userid"] = roleID+known+":?*", userID+known
	if known == "" {
		role.like["aws:userid"], user.like["aws:userid"] = roleID+"?*:?*", userID+"?*"
	}
	if !g.tells(action, principalKeys) {
		return []Visitor{role}
	}
	rootARN := aws.ARN{Partition: g.partition(), Service: "iam", Account: account, Resource: "root"}.String()
	root := Visitor{Principal: rootARN, keys: map[string]policy.ContextValue{
		"aws:principalaccount": Value(account), "aws:principalarn": Value(rootARN), "aws:principaltype": Value(rootType),
		"aws:username": absent, "aws:userid": Value(account),
	}}
	return []Visitor{user, role, root}
}

// kind is any principal of a kind, with a name of its own.
func (g *Gate) kind(account, typ, resource string) Visitor {
	arn := aws.ARN{Partition: g.partition(), Service: "iam", Account: account, Resource: resource}
	v := Visitor{
		Principal: arn.String() + g.name,
		keys:      map[string]policy.ContextValue{"aws:principalaccount": Value(account), "aws:principaltype": Value(typ), "aws:username": absent},
		like:      map[string]string{"aws:principalarn": arn.String() + "?*"},
	}
	if typ == userType {
		delete(v.keys, "aws:username")
		v.like["aws:username"] = "?*"
	}
	return v
}

// Named are those whom the ARN of a role, a user or a session stands for: of a session, whose ARN has not the path of its role,
// one with each form of the role's ARN, which is what aws:PrincipalArn holds.
func (g *Gate) Named(principal string) []Visitor {
	arn, err := aws.ParseARN(principal)
	if err != nil {
		return nil
	}
	v := Visitor{Principal: principal, keys: map[string]policy.ContextValue{"aws:principalaccount": Value(arn.Account)}}
	role, session := arn.Session()
	switch {
	case role != "":
		v.keys["aws:principaltype"], v.keys["aws:username"] = Value(roleType), absent
		v.like = map[string]string{"aws:userid": roleID + "?*:" + session}
		plain, withPath := v, v
		plain.keys = with(v.keys, "aws:principalarn", Value(arn.In("iam", "role/"+role).String()))
		withPath.like = map[string]string{"aws:userid": v.like["aws:userid"], "aws:principalarn": arn.In("iam", "role/?*/"+role).String()}
		return []Visitor{plain, withPath}
	case strings.HasPrefix(arn.Resource, "role/"):
		v.keys["aws:principaltype"], v.keys["aws:username"] = Value(roleType), absent
		v.like = map[string]string{"aws:userid": roleID + "?*:?*"}
	case strings.HasPrefix(arn.Resource, "user/"):
		v.keys["aws:principaltype"], v.keys["aws:username"] = Value(userType), Value(arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:])
		v.like = map[string]string{"aws:userid": userID + "?*"}
	case strings.HasPrefix(arn.Resource, "federated-user/"):
		v.keys["aws:principaltype"], v.keys["aws:username"] = Value(federatedType), absent
	}
	v.keys["aws:principalarn"] = Value(principal)
	return []Visitor{v}
}

// namedOf are the principals of an account that policies name, and that are not among any of a kind.
func (g *Gate) namedOf(account string) []string {
	var list []string
	for st := range g.statements() {
		for _, one := range st.Principals {
			if arn, ok := aws.ParseARNPattern(one.Text); ok && arn.Account == account && !slices.Contains(list, one.Text) {
				list = append(list, one.Text)
			}
		}
	}
	return list
}

// PrincipalKeys are the keys that distinguish principals of one account and bear on an action, as the policies spell them.
func (g *Gate) PrincipalKeys(action string) (out []string) {
	for _, key := range g.bearing(action) {
		if slices.Contains(principalKeys, key) {
			out = append(out, g.spelling(key))
		}
	}
	return out
}

// tells reports whether one of some keys bears on an action.
func (g *Gate) tells(action string, keys []string) bool {
	return slices.ContainsFunc(g.bearing(action), func(key string) bool { return slices.Contains(keys, key) })
}

func with(keys map[string]policy.ContextValue, key string, v policy.ContextValue) map[string]policy.ContextValue {
	out := make(map[string]policy.ContextValue, len(keys)+1)
	for k, old := range keys {
		out[k] = old
	}
	out[key] = v
	return out
}
