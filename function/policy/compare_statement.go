package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// comparedStatement is a statement of one of the sets, with its number and its place.
type comparedStatement struct {
	number      int
	isNew       bool
	kind        combine.Kind
	level, part int
	policy      string
	document    *Document
	statement   *Statement
	compiled    *compiled
	// means is the statement's meaning, once it was asked for.
	means string
	// resourceWork and conditionWork are what it takes to hold a request against its resources and to find its conditions' keys;
	// size is how many values it has. spent is the work that its patterns and conditions took so far, in steps.
	resourceWork        patternWork
	conditionWork, size int
	// lookup is what it takes Evaluate to see whether it covers an action.
	lookup, spent int
}

func (cst *comparedStatement) ref() StatementRef {
	return StatementRef{Policy: cst.policy, Statement: cst.statement, Document: cst.document, Effect: cst.statement.Effect}
}

// hasResources says whether the statement's resources count: those of a trust policy do not belong there.
func (cst *comparedStatement) hasResources() bool {
	return cst.statement.HasResource && cst.document.Kind != Trust
}

// reachesOver reports whether a value of Resource covers ARNs only because an asterisk reaches over a colon.
func (cst *comparedStatement) reachesOver() bool {
	return slices.ContainsFunc(cst.compiled.resources, func(p resourcePattern) bool {
		if p.variable != nil {
			return false
		}
		all := p.patterns(p.tail, spelling{})
		return len(p.reachable(all, true)) < len(p.reachable(all, false))
	})
}

// reachingWork is the steps that it takes to see whether the statement reaches over.
func (cst *comparedStatement) reachingWork() int {
	return 4*cst.resourceWork.count + 3*cst.resourceWork.length
}

// numberStatements gives the statements of a set that have an effect, counting on from those before.
func numberStatements(set Set, isNew bool, before []*comparedStatement) (*comparedSet, []*comparedStatement) {
	cs := &comparedSet{set: set}
	e := evaluation{set: set}
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for i, p := range e.parts(k, level) {
				if p.Document == nil {
					continue
				}
				for j := range p.Document.Statements {
					s := &p.Document.Statements[j]
					if s.Effect == NoEffect {
						continue
					}
					cst := &comparedStatement{
						number: len(before), isNew: isNew, kind: k, level: level, part: i, policy: p.Name,
						document: p.Document, statement: s, compiled: s.ready(p.Document),
					}
					cst.measure()
					before = append(before, cst)
					cs.statements[k] = append(cs.statements[k], cst)
				}
			}
		}
	}
	return cs, before
}
