package policy

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// probedAction is what the set says of one action.
type probedAction struct {
	*covered
	name string
	// class is made when it is first searched for.
	class *actionClass
}

// covered is what the set says of all actions that the same statements cover.
type covered struct {
	matched  bitset
	covering []StatementRef
	keys     []string
	granting bool
	// id tells it from all others of the set. resources are all statements that cover the actions, once they were asked for.
	id        int
	resources []allowing
	// resourceWeight is about how many steps it takes to hold a resource against theirs, and hasOpenResources is set where one of them has a
	// variable.
	resourceWeight   int
	hasOpenResources bool
	// denying is set where a Deny statement is among them, and allows are those that grant.
	denying bool
	allows  []allowing
	// variables are the keys that stand in ${...}.
	variables []string
	formulas  map[setting]*formula
	// weight is about how many steps an evaluation takes, and asked how many there were.
	weight, asked int
}

// probedDocument is a policy of the set.
type probedDocument struct {
	policy   string
	kind     combine.Kind
	document *Document
	compiled *compilation
	// first is the number of its first statement.
	first int
}

// number is that of a statement among all of the set; false for one without an effect.
func (d *probedDocument) number(i int) (int, bool) {
	if d.compiled.numbers == nil {
		return d.first + i, true
	}
	return d.first + d.compiled.numbers[i], d.document.Statements[i].Effect != NoEffect
}

// takeDocuments lists the policies of the set, in the order of their statements.
func (p *Prober) takeDocuments() {
	e := evaluation{set: p.set}
	p.lookup = lookupWeight
	p.policies = make([]probedDocument, 0, len(p.set.Identity)+len(p.set.Boundaries)+len(p.set.SCPs)+1)
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for _, part := range e.parts(k, level) {
				if part.Document == nil {
					continue
				}
				d := probedDocument{part.Name, k, part.Document, part.Document.compiled(), p.statements}
				p.policies = append(p.policies, d)
				p.statements += d.compiled.effective
				p.lookup += d.compiled.lookup
				p.denies = p.denies || d.compiled.denies
				if !k.Limits() {
					p.granting |= d.compiled.granted.bits
					p.glances.join(&d.compiled.granted.glances)
				}
			}
		}
	}
}

// lookupWork is about how many steps it takes to find the statements of a document that cover an action.
func (c *compilation) lookupWork() int {
	n := 2
	for i := range c.statements {
		n += 1 + c.statements[i].lookup()
		if c.index == nil {
			n += len(c.statements[i].actions)
		}
	}
	return n
}

// lookup is about how many steps it takes to hold an action against those of the statement's actions that no index finds.
func (c *compiled) lookup() int {
	n := 0
	for i := range c.actions {
		if p := &c.actions[i]; !p.everything && !p.literalService {
			n += 2 + 2*strings.Count(p.name, runMark)
		}
	}
	return n
}

// action gives what the set says of an action. Where the budget of evaluations is spent it is not worked out, and nothing is known
// of it.
func (p *Prober) action(name string) *probedAction {
	if a, ok := p.known(name); ok {
		return a
	}
	if !p.evaluations.Spend(p.lookup) {
		return &p.unasked
	}
	service, rest, _ := strings.Cut(name, ":")
	q := query{service: ascii.Lower(service), action: rest}
	clear(p.matched)
	isCovered := false
	for i := range p.policies {
		one := &p.policies[i]
		c := q.coverage(one.document, one.compiled)
		for j := c.next(&q); j >= 0; j = c.next(&q) {
			if number, ok := one.number(j); ok {
				p.matched.set(number)
				isCovered = true
			}
		}
	}
	a := &p.uncovered
	if isCovered {
		a = &probedAction{covered: p.coveredBy(p.matched), name: name}
	}
	p.actions[name] = a
	return a
}

// known is what was worked out of an action. Questions about one action come one after the other.
func (p *Prober) known(name string) (*probedAction, bool) {
	if p.last.action != nil && p.last.name == name {
		return p.last.action, true
	}
	a, ok := p.actions[name]
	if ok {
		p.last.name, p.last.action = name, a
	}
	return a, ok
}

// classOf is the class of an action alone.
func (p *Prober) classOf(a *probedAction) *actionClass {
	if a.class == nil {
		service, action, _ := strings.Cut(ascii.Lower(a.name), ":")
		a.class = &actionClass{names: []string{a.name}, service: service, action: action, alike: a.name, matched: a.matched}
	}
	return a.class
}

// newAction is an action that no statement covers.
func (p *Prober) newAction(name string) *probedAction {
	clear(p.matched)
	return &probedAction{covered: p.coveredBy(p.matched), name: name}
}

// coveredBy is what the set says of the actions that some statements cover. The bits are copied.
func (p *Prober) coveredBy(matched bitset) *covered {
	at := p.bits[:0]
	for _, word := range matched {
		at = binary.LittleEndian.AppendUint64(at, word)
	}
	p.bits = at
	if c, ok := p.covered[string(at)]; ok {
		return c
	}
	c := &covered{id: len(p.covered), matched: slices.Clone(matched), weight: evaluationWeight + p.lookup, covering: make([]StatementRef, 0, matched.count())}
	for i := range p.policies {
		p.policies[i].cover(c)
	}
	slices.Sort(c.keys)
	c.keys = slices.Compact(c.keys)
	p.evaluations.Spend(c.weight)
	p.covered[string(at)] = c
	return c
}

// lookupWeight is about what it takes to look an action up, whatever the policies.
const lookupWeight = 20

// evaluationWeight is about what an evaluation takes in which no statement covers the action.
const evaluationWeight = 30

// cover notes the statements of the document that cover the actions.
func (d *probedDocument) cover(a *covered) {
	for i := range d.compiled.statements {
		number, ok := d.number(i)
		if !ok || !a.matched.has(number) {
			continue
		}
		st, c := &d.document.Statements[i], &d.compiled.statements[i]
		a.covering = append(a.covering, StatementRef{Policy: d.policy, Statement: st, Document: d.document, Effect: st.Effect})
		a.denying = a.denying || st.Effect == Deny
		if st.Effect == Allow && !d.kind.Limits() {
			a.granting = true
			a.allows = append(a.allows, allowing{d.document, st, c})
		}
		a.weight += c.weight
		a.keys = append(a.keys, c.keys...)
		for _, key := range c.variables {
			a.variables = appendNew(a.variables, key)
		}
	}
}

// mayEvaluate takes an evaluation out of the budget.
func (p *Prober) mayEvaluate(a *probedAction) bool {
	if a == &p.unasked || !p.evaluations.Spend(a.weight) {
		return false
	}
	a.asked++
	return true
}

// costliest is the statement that had taken the most work when the budget first did not suffice: of several that took about as
// much the first.
func (p *Prober) costliest() []StatementRef {
	if p.worst != nil {
		return p.worst
	}
	statements := p.searched().statements
	spent, most := make([]int, len(statements)), 0
	for i, cst := range statements {
		spent[i] = cst.spent + cst.compiled.weight + len(p.actions)*cst.compiled.lookup()
		for _, c := range p.covered {
			if c.matched.has(cst.number) {
				spent[i] += c.asked * cst.compiled.weight
			}
		}
		most = max(most, spent[i])
	}
	if i := slices.IndexFunc(spent, func(n int) bool { return n >= most/2 }); i >= 0 {
		p.worst = []StatementRef{statements[i].ref()}
	}
	return p.worst
}

// Knows reports whether the budget suffices to find out which statements cover an action.
func (p *Prober) Knows(action string) bool { return p.action(action) != &p.unasked }

// Covering are the statements that cover an action, whatever their effect and their policy.
func (p *Prober) Covering(action string) []StatementRef { return p.action(action).covering }
