package ask

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy"
)

// leftTo are the policies of LeftTo, by account. Those who ask do so for accounts whose roles they judge, which are few.
var leftTo sync.Map

// LeftTo is a resource's policy that leaves everything to an account's own policies, as a key's default policy does, and a
// role's trust policy that names the account; nil for what is not an account.
func LeftTo(account string) *policy.Document {
	if known, ok := leftTo.Load(account); ok {
		return known.(*policy.Document)
	}
	text := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"*","Resource":"*"}}`
	doc, err := policy.Parse([]byte(text), policy.Resource)
	if err != nil {
		doc = nil
	}
	leftTo.Store(account, doc)
	return doc
}

// delegation is the name of the resource's policy that is only assumed.
const delegation = "assumed"

// Granting leaves out of a verdict's statements what was only assumed.
func Granting(v policy.Verdict) []policy.StatementRef {
	return slices.DeleteFunc(slices.Clone(v.Statements), func(s policy.StatementRef) bool { return s.Policy == delegation })
}
