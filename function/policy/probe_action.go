package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// probedAction is what the set says of one action.
type probedAction struct {
	class    *actionClass
	covering []StatementRef
	keys     []string
	granting bool
	// variables are the keys that stand in ${...}.
	variables []string
	formulas  map[setting]*formula
	// weight is about how many steps an evaluation takes, and costliest the statement that takes most of them.
	weight    int
	costliest []StatementRef
}

func (p *Prober) action(name string) *probedAction {
	if a, ok := p.actions[name]; ok {
		return a
	}
	service, action, _ := strings.Cut(name, ":")
	e := evaluation{set: p.set, q: query{service: ascii.Lower(service), action: action}}
	a := &p.uncovered
	most := 0
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for _, part := range e.parts(k, level) {
				if part.Document == nil {
					continue
				}
				c := e.q.coverage(part.Document)
				for i := c.next(&e.q); i >= 0; i = c.next(&e.q) {
					if a == &p.uncovered {
						a = p.newAction(name)
					}
					most = a.cover(p, &part.Document.Statements[i], most)
				}
			}
		}
	}
	p.evaluations.Spend(evaluationWeight + a.weight)
	slices.Sort(a.keys)
	a.keys = slices.Compact(a.keys)
	p.actions[name] = a
	return a
}

func (p *Prober) newAction(name string) *probedAction {
	service, action, _ := strings.Cut(ascii.Lower(name), ":")
	class := &actionClass{names: []string{name}, service: service, action: action, alike: name, matched: newBitset(len(p.comparer.statements))}
	return &probedAction{class: class, formulas: map[setting]*formula{}, weight: evaluationWeight}
}

// evaluationWeight is about what an evaluation takes in which no statement covers the action.
const evaluationWeight = 30

// cover notes a statement that covers the action, and gives the weight of the heaviest so far.
func (a *probedAction) cover(p *Prober, s *Statement, most int) int {
	number, ok := p.numbers[s]
	if !ok {
		return most
	}
	cst := p.comparer.statements[number]
	a.class.matched.set(number)
	a.covering = append(a.covering, cst.ref())
	a.granting = a.granting || s.Effect == Allow && !cst.kind.Limits()
	a.note(cst)
	weight := cst.weight()
	if a.weight += weight; weight > most {
		most, a.costliest = weight, []StatementRef{cst.ref()}
	}
	return most
}

// weight is about how many steps it takes to match a statement.
func (cst *comparedStatement) weight() int {
	n := 10
	for i := range cst.statement.Resources {
		n += 4 + len(cst.statement.Resources[i].Text)/4
	}
	for i := range cst.statement.Conditions {
		n += 4
		for j := range cst.statement.Conditions[i].Values {
			n += 2 + len(cst.statement.Conditions[i].Values[j].Text)/8
		}
	}
	return n
}

// Covering are the statements that cover an action, whatever their effect and their policy.
func (p *Prober) Covering(action string) []StatementRef { return p.action(action).covering }

// note adds the keys of a statement that covers the action.
func (a *probedAction) note(cst *comparedStatement) {
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
