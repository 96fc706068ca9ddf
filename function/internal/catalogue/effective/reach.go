package effective

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy"
)

// maxTries bounds how many values Reach asks for.
const maxTries = 48

// Reach asks as Ask does, but for the best that the caller can make of it: where the answer hangs on keys that the caller
// chooses, such as a parameter of the request, it looks for values that get the request allowed. It gives the answer and
// the context that it was given in. An answer is unknown where it hangs on keys that nobody chooses, whatever the others are.
func (p *Permissions) Reach(action, resource string, context policy.Context, chosen func(key string) bool) (policy.Verdict, policy.Context) {
	v := p.Ask(action, resource, context)
	if v.Decision != policy.Unknown || !slices.ContainsFunc(v.UnknownKeys, func(k string) bool { return chosen(strings.ToLower(k)) }) {
		return v, context
	}
	r := reach{p: p, action: action, resource: resource, chosen: chosen, tries: maxTries}
	return r.try(v, context)
}

type reach struct {
	p                *Permissions
	action, resource string
	chosen           func(string) bool
	tries            int
}

// try settles one key after another. Of the answers it takes the first that allows, else one that is unknown.
func (r *reach) try(v policy.Verdict, context policy.Context) (policy.Verdict, policy.Context) {
	at := slices.IndexFunc(v.UnknownKeys, func(k string) bool { return r.chosen(strings.ToLower(k)) })
	if at < 0 {
		return v, context
	}
	key := strings.ToLower(v.UnknownKeys[at])
	best, bestContext := policy.Verdict{}, context
	for _, value := range r.p.candidates(key) {
		if r.tries == 0 {
			return v, context
		}
		r.tries--
		next := With(context, map[string]policy.ContextValue{key: value})
		answer := r.p.Ask(r.action, r.resource, next)
		if answer.Decision == policy.Unknown {
			answer, next = r.try(answer, next)
		}
		if answer.Decision == policy.Allowed {
			return answer, next
		}
		if best.Decision != policy.Unknown {
			best, bestContext = answer, next
		}
	}
	return best, bestContext
}

// unheardOf is a value that no policy compares with.
const unheardOf = "q7zk3-rolewatch-probe"

// candidates are the values of a key that the policies tell apart: those that they compare it with, next to them, some
// other value, and none.
func (p *Permissions) candidates(key string) []policy.ContextValue {
	texts := []string{unheardOf}
	for s := range p.Statements() {
		for _, c := range s.Conditions {
			if strings.ToLower(c.Key) != key {
				continue
			}
			for _, v := range c.Values {
				texts = appendSamples(texts, v.Text)
			}
		}
	}
	out := make([]policy.ContextValue, 0, len(texts)+3)
	for _, text := range texts {
		out = append(out, Value(text))
	}
	return append(out, Value("true"), Value("false"), policy.ContextValue{Presence: policy.KeyAbsent})
}

func appendSamples(texts []string, pattern string) []string {
	for _, text := range []string{pattern, Sample(pattern)} {
		if !slices.Contains(texts, text) && len(texts) < maxTries {
			texts = append(texts, text)
		}
	}
	return texts
}

// Sample is a text that a pattern covers, with a name that nobody uses in the place of its first asterisk.
func Sample(pattern string) string {
	first := strings.Replace(pattern, "*", unheardOf, 1)
	return strings.NewReplacer("*", "x", "?", "x").Replace(first)
}

// Statements goes through every statement that bears on the role, whatever policy it is in.
func (p *Permissions) Statements() func(yield func(*policy.Statement) bool) {
	return func(yield func(*policy.Statement) bool) {
		for _, list := range slices.Concat([][]policy.Part{p.Set.Identity, p.Set.Boundaries}, p.Set.SCPs) {
			for _, part := range list {
				if part.Document == nil {
					continue
				}
				for i := range part.Document.Statements {
					if !yield(&part.Document.Statements[i]) {
						return
					}
				}
			}
		}
	}
}

// Mentioned are the condition keys that the statements look at, in lower case and in order.
func (p *Permissions) Mentioned() []string {
	keys := map[string]bool{}
	for s := range p.Statements() {
		for _, c := range s.Conditions {
			keys[strings.ToLower(c.Key)] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// Delegated assumes a resource's policy that leaves it to the account who may do what, as a key's default policy does, and
// a role's trust policy that names the account. Without one, nobody may use a key or assume a role.
func (p *Permissions) Delegated() *Permissions {
	out := *p
	if doc := LeftTo(p.role.Ref.Account); doc != nil {
		out.Set.Resource = &policy.Part{Name: delegation, Document: doc}
	}
	return &out
}

// leftTo are the policies of LeftTo, by account. Those who ask do so for accounts whose roles they judge, which are few.
var leftTo sync.Map

// LeftTo is a resource's policy that leaves everything to an account's own policies; nil for what is no account.
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

// delegation is the name of what Delegated assumes.
const delegation = "assumed"

// Granting leaves out of a verdict's statements what was only assumed.
func Granting(v policy.Verdict) []policy.StatementRef {
	return slices.DeleteFunc(slices.Clone(v.Statements), func(s policy.StatementRef) bool { return s.Policy == delegation })
}
