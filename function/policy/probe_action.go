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
	class *actionClass
}

// covered is what the set says of all actions that the same statements cover.
type covered struct {
	matched  bitset
	covering []StatementRef
	keys     []string
	granting bool
	// variables are the keys that stand in ${...}.
	variables []string
	formulas  map[setting]*formula
	// weight is about how many steps an evaluation takes, and asked how many there were.
	weight, asked int
}

// probedDocument is a policy of the set, with the numbers of its statements; -1 for one without an effect.
type probedDocument struct {
	document *Document
	numbers  []int
	// lookup is about how many steps it takes to find the statements that cover an action.
	lookup int
}

// documents lists the policies of the set, in the order of their statements.
func (p *Prober) documents() []probedDocument {
	var out []probedDocument
	e := evaluation{set: p.set}
	next := 0
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for _, part := range e.parts(k, level) {
				if part.Document == nil {
					continue
				}
				d := probedDocument{document: part.Document, lookup: part.Document.compiled().lookup()}
				for i := range part.Document.Statements {
					number := -1
					if part.Document.Statements[i].Effect != NoEffect {
						number, next = next, next+1
					}
					d.numbers = append(d.numbers, number)
				}
				out = append(out, d)
			}
		}
	}
	return out
}

// lookup is about how many steps it takes to find the statements of a document that cover an action.
func (c *compilation) lookup() int {
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
	if a, ok := p.actions[name]; ok {
		return a
	}
	if !p.evaluations.Spend(p.lookup) {
		return &p.unasked
	}
	class := p.newClass(name)
	q := query{service: class.service, action: name[min(len(class.service)+1, len(name)):]}
	isCovered := false
	for i := range p.policies {
		one := &p.policies[i]
		c := q.coverage(one.document)
		for j := c.next(&q); j >= 0; j = c.next(&q) {
			if number := one.numbers[j]; number >= 0 {
				class.matched.set(number)
				isCovered = true
			}
		}
	}
	a := &p.uncovered
	if isCovered {
		a = &probedAction{p.coveredBy(class.matched), class}
	}
	p.actions[name] = a
	return a
}

func (p *Prober) newClass(name string) *actionClass {
	service, action, _ := strings.Cut(ascii.Lower(name), ":")
	return &actionClass{names: []string{name}, service: service, action: action, alike: name, matched: newBitset(len(p.comparer.statements))}
}

// newAction is an action that no statement covers.
func (p *Prober) newAction(name string) *probedAction {
	class := p.newClass(name)
	return &probedAction{p.coveredBy(class.matched), class}
}

// coveredBy is what the set says of the actions that some statements cover.
func (p *Prober) coveredBy(matched bitset) *covered {
	at := make([]byte, 0, 8*len(matched))
	for _, word := range matched {
		at = binary.LittleEndian.AppendUint64(at, word)
	}
	if c, ok := p.covered[string(at)]; ok {
		return c
	}
	c := &covered{matched: matched, formulas: map[setting]*formula{}, weight: evaluationWeight + p.lookup}
	for _, cst := range p.comparer.statements {
		if matched.has(cst.number) {
			c.cover(cst)
		}
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

// cover notes a statement that covers the actions.
func (a *covered) cover(cst *comparedStatement) {
	a.covering = append(a.covering, cst.ref())
	a.granting = a.granting || cst.statement.Effect == Allow && !cst.kind.Limits()
	a.weight += cst.weight()
	a.note(cst)
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
	spent, most := make([]int, len(p.comparer.statements)), 0
	for i, cst := range p.comparer.statements {
		spent[i] = cst.spent + cst.weight() + len(p.actions)*cst.compiled.lookup()
		for _, c := range p.covered {
			if c.matched.has(cst.number) {
				spent[i] += c.asked * cst.weight()
			}
		}
		most = max(most, spent[i])
	}
	if i := slices.IndexFunc(spent, func(n int) bool { return n >= most/2 }); i >= 0 {
		p.worst = []StatementRef{p.comparer.statements[i].ref()}
	}
	return p.worst
}

// weight is about how many steps it takes to match a statement.
func (cst *comparedStatement) weight() int {
	n := 20
	for i := range cst.statement.Resources {
		n += 4 + len(cst.statement.Resources[i].Text)/4
	}
	for i := range cst.statement.Conditions {
		n += 15
		for j := range cst.statement.Conditions[i].Values {
			n += 2 + len(cst.statement.Conditions[i].Values[j].Text)/8
		}
	}
	return n
}

// Covering are the statements that cover an action, whatever their effect and their policy.
func (p *Prober) Covering(action string) []StatementRef { return p.action(action).covering }

// note adds the keys of a statement that covers the actions.
func (a *covered) note(cst *comparedStatement) {
	addVariables := func(t *template) {
		if t == nil {
			return
		}
		for i := range t.pieces {
			if key := t.pieces[i].key; key != "" {
				a.keys = append(a.keys, key)
				a.variables = appendNew(a.variables, key)
			}
		}
	}
	for i := range cst.compiled.resources {
		addVariables(cst.compiled.resources[i].variable)
	}
	for i := range cst.compiled.conditions {
		c := &cst.compiled.conditions[i]
		if c.key != "" {
			a.keys = append(a.keys, c.key)
		}
		for j := range c.operands {
			addVariables(c.operands[j].variable)
		}
	}
}
