package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// resourceProblem asks for a resource that each of must covers and none of not.
type resourceProblem struct {
	*question
	must [][]*resourcePattern
	not  []*resourcePattern
	// context holds the values of the variables. A possible answer takes any value for them, and takes what only a service
	// understands for covered or not, as it suits.
	context *Context
	// protected adds what nobody may change.
	protected bool
}

// anyResource is what a request has that is about no resource in particular.
const anyResource = "*"

// coversAny says whether the resource that is none passes.
func (p *resourceProblem) coversAny() bool {
	isEverything := func(r *resourcePattern) bool { return r.everything }
	for _, list := range p.must {
		if !slices.ContainsFunc(list, isEverything) {
			return false
		}
	}
	return !slices.ContainsFunc(p.not, isEverything)
}

// solve gives an ARN, one as AWS makes them where there is one. None is a proof that there is none.
func (p *resourceProblem) solve() (string, language.Outcome) {
	switch {
	case p.budget.Spent():
		return "", language.Exceeded
	case p.isPlainlyEmpty():
		return "", language.None
	}
	if p.possible && p.holdsVariables() && p.provenEmpty() {
		return "", language.None
	}
	q := p.query()
	if p.budget.Spent() {
		return "", language.Exceeded
	}
	for _, list := range q.Must {
		if len(list) == 0 {
			return "", language.None
		}
	}
	if text, ok := p.sample(&q); ok {
		return text, language.Found
	}
	return solve.Likeliest(q, p.bases(), p.polished, p.budget)
}

// polished makes an ARN that was found look as people know them, where what it becomes passes too.
func (p *resourceProblem) polished(q *language.Query, text string) string {
	candidates := []string{strings.Replace(text, ":000000000000:", ":"+p.owner()+":", 1)}
	if strings.HasSuffix(text, "/") {
		candidates = append(candidates, text+"example", candidates[0]+"example")
	}
	for _, candidate := range slices.Backward(candidates) {
		if solve.Try(q, candidate, p.budget) {
			return candidate
		}
	}
	return text
}

// isPlainlyEmpty sees without a search that some pattern of not covers all that a list of must covers.
func (p *resourceProblem) isPlainlyEmpty() bool {
	same := func(a *resourcePattern) bool {
		return p.budget.Spend(1+len(p.not)/2) && slices.ContainsFunc(p.not, func(b *resourcePattern) bool {
			return b.everything || a.relative == "" && !b.unsure && (a.variable == nil || !p.possible) && a.equals(b)
		})
	}
	if slices.ContainsFunc(p.not, func(b *resourcePattern) bool { return b.everything }) {
		return true
	}
	return slices.ContainsFunc(p.must, func(list []*resourcePattern) bool {
		return !slices.ContainsFunc(list, func(a *resourcePattern) bool { return !same(a) })
	})
}

func (p *resourcePattern) equals(o *resourcePattern) bool {
	return p == o || p.complete == o.complete && p.head == o.head && p.tail == o.tail && p.crossing == o.crossing &&
		p.whole == o.whole && p.relative == o.relative && p.unsure == o.unsure && p.everything == o.everything && sameTemplate(p.variable, o.variable)
}

func (p *resourceProblem) query() language.Query {
	q := language.Query{}
	for _, list := range p.must {
		var patterns []language.Pattern
		for _, r := range list {
			if !p.budget.Spend(p.patternWork(r)) {
				return q
			}
			patterns = append(patterns, p.covered(r)...)
		}
		q.Must = append(q.Must, patterns)
	}
	for _, r := range p.not {
		if !p.budget.Spend(p.patternWork(r)) {
			return q
		}
		q.Not = append(q.Not, p.excluded(r)...)
	}
	if p.effect != anyEffect {
		var forms []language.Pattern
		for _, partition := range p.orUsual() {
			forms = append(forms, p.class.forms(p.effect, partition)...)
		}
		q.Must = append(q.Must, forms)
	}
	q.Must = append(q.Must, p.within...)
	q.Not = append(q.Not, p.without...)
	if p.protected {
		for i := range protections {
			q.Not = append(q.Not, protections[i].resources.pattern)
		}
	}
	if p.elsewhere != "" {
		q.Not = append(q.Not, ownedBy(p.elsewhere))
	}
	return q
}

// patternWork is the steps that it takes to make a pattern, or to look it up.
func (p *resourceProblem) patternWork(r *resourcePattern) int {
	if _, known := p.cache.resources[r]; known {
		return 4
	}
	return 5 + 3*(len(r.tail)+len(r.whole)+r.variable.size())
}

// isOpen says whether it is not known what the pattern covers, or whether it covers anything.
func (p *resourcePattern) isOpen() bool { return p.relative != "" || p.unsure }

// covered is what a pattern certainly covers, or, of a possible answer, may cover.
func (p *resourceProblem) covered(r *resourcePattern) []language.Pattern {
	switch {
	case r.isOpen() && !p.possible:
		return nil
	case r.variable == nil:
		return r.reachable(p.cache.resource(r), p.plain)
	case p.possible && r.variable.isOpen(p.context):
		return r.reachable(r.patterns(r.variable.widest(), spelling{}), p.plain)
	}
	return r.reachable(p.resolved(r), p.plain)
}

// excluded is what a pattern may cover, or, of a possible answer, certainly covers.
func (p *resourceProblem) excluded(r *resourcePattern) []language.Pattern {
	switch {
	case r.isOpen() && p.possible:
		return nil
	case r.variable == nil:
		return p.cache.resource(r)
	case p.possible && r.variable.isOpen(p.context):
		return nil
	}
	return p.resolved(r)
}

func (p *resourceProblem) resolved(r *resourcePattern) []language.Pattern {
	tail, state := r.variable.resolve(p.context)
	if state == stateUnresolved {
		return nil
	}
	return r.patterns(tail, spelling{})
}

// suits says whether a resource passes.
func (p *resourceProblem) suits(resource string) bool {
	q := newQuery(Request{Resource: resource, Context: *p.context})
	covers := func(r *resourcePattern) bool {
		t := p.decided(r, &q)
		return t == True || p.possible && t == Undecided
	}
	excludes := func(r *resourcePattern) bool {
		t := p.decided(r, &q)
		return t == True || !p.possible && t == Undecided
	}
	for _, list := range p.must {
		if !slices.ContainsFunc(list, covers) {
			return false
		}
	}
	return !slices.ContainsFunc(p.not, excludes)
}

// decided says whether a pattern covers a resource. Where any value of a variable is possible, whether it does is open; so it is
// once the budget is spent.
func (p *resourceProblem) decided(r *resourcePattern, q *query) Truth {
	if !p.budget.Spend(r.work(q.req.Resource)) {
		return Undecided
	}
	if p.possible && r.variable.isOpen(p.context) {
		return undecidedIf(r.matches(q) != False || r.matchesWith(r.variable.widest(), q))
	}
	return r.matches(q)
}

// sample tries resources that a person would name, and gives the first that passes.
func (p *resourceProblem) sample(q *language.Query) (string, bool) {
	var texts []string
	p.budget.Spend(50)
	for _, template := range p.templates() {
		texts = append(texts, p.fill(template))
	}
	for _, list := range p.must {
		for _, r := range list[:min(len(list), 20)] {
			if r.complete && r.variable == nil && p.budget.Spend(30+len(r.tail)) {
				texts = append(texts, p.fillPattern(r))
				texts = p.appendContinued(texts, r)
			}
		}
	}
	texts = append(texts, p.fillPattern(&everyARN))
	for _, text := range texts {
		if p.isSound(text) && solve.Try(q, text, p.budget) {
			return text, true
		}
	}
	return "", false
}

// isSound says whether the text is an ARN as AWS makes them, with the account that is given.
func (p *resourceProblem) isSound(text string) bool {
	a, ok := splitARN(text)
	if !ok || a[0] != "arn" || !isName(a[arnPartition]) || !isName(a[arnService]) || a[arnResource] == "" {
		return false
	}
	if len(p.partitions) > 0 && !slices.Contains(p.partitions, a[arnPartition]) {
		return false
	}
	if p.account != "" && a[arnAccount] != "" && a[arnAccount] != p.account {
		return false
	}
	return a[arnAccount] == "" || aws.IsAccountID(a[arnAccount])
}

func isName(text string) bool { return text != "" && !strings.ContainsAny(text, "*?") }
