package policy

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// openClasses stand for the actions that AWS does not document and no statement names: those of the services that are
// treated in a way of their own, each for itself, and all others.
func (c *comparer) openClasses() []*actionClass {
	services := map[string]bool{}
	if c.ofResource {
		services["kms"], services["sts"] = true, true
	}
	if holdsKind(c.old.set, combine.RCP) || holdsKind(c.new.set, combine.RCP) {
		maps.Copy(services, aws.RCPServices())
	}
	others := &actionClass{open: true}
	list := []*actionClass{others}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		ofService := language.Join(language.Literal(service+":"), language.AnyRun())
		others.notOf = append(others.notOf, ofService)
		list = append(list, &actionClass{open: true, service: service, of: []language.Pattern{ofService}})
	}
	return list
}

// mayCover reports whether a value of Action can cover actions of the open class.
func (class *actionClass) mayCover(p *actionPattern) bool {
	switch {
	case p.malformed:
		return false
	case p.everything || !p.literalService:
		return true
	case !hasMarks(p.name):
		return false
	case class.service != "":
		return p.service == class.service
	}
	action := p.service + ":x"
	return !slices.ContainsFunc(class.notOf, func(service language.Pattern) bool { return service.Matches(action) })
}

// askOpen asks what each statement newly grants of an open class, where a pattern of the statement granted nothing among
// the actions that AWS documents.
func (c *comparer) askOpen(a *asker, open *actionClass, g *comparedStatement) {
	g.spend(c.budget, 3+3*len(g.compiled.principals)+len(g.compiled.actions))
	principals := g.principalsOf(a, open)
	if len(principals) == 0 {
		return
	}
	for i := range g.compiled.actions {
		at := i
		if g.statement.NotAction {
			at = whole
		} else if !open.mayCover(&g.compiled.actions[i]) {
			continue
		}
		for _, r := range g.resourcesOf() {
			if !g.spend(c.budget, 5) || c.isSpent() || c.isFull() {
				return
			}
			if c.isKnown(g, []int{at}, r, principals, nil, true) {
				continue
			}
			if w, found := c.ask(a, open, g, []int{at}, r, principals, anyEffect); found == True {
				c.record(g, []int{at}, r, principals, open, false, w)
			}
		}
		if at == whole {
			return
		}
	}
}
