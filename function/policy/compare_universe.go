package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// actionUniverse sorts the actions that some granting statement may cover into classes.
type actionUniverse struct {
	// names, lower, letters and shapes are in the order of lower; those of a service stand together, where service says.
	names, lower, shapes []string
	letters              []letters
	services             serviceRanges
	// words are how many words a row of flat has, which holds for each action which statements cover it.
	words int
	flat  []uint64
	// extra begins where the actions stand that only the statements know; named holds their places.
	extra int
	named map[string]int
	// covered keeps, by pattern, the places of the actions that it covers, and of those of each statement's patterns.
	covered map[actionPattern]actionCover
	// keys are those of conditions that the requests of some actions may lack.
	keys   []actions.CarriedKey
	of     map[*comparedStatement][]actionCover
	budget *language.Budget
}

// The work, in steps, to hold an action against a short pattern, to look a pattern up, and to look up whether an action carries a key.
const (
	globWork    = 6
	patternCost = 12
	lackingWork = 10
)

// newActionUniverse notes for every action that a granting statement may cover which statements cover it. Where the budget
// does not suffice, what it notes is not the whole.
func newActionUniverse(statements, granting []*comparedStatement, budget *language.Budget) *actionUniverse {
	u := actionsOfServices(granting)
	u.budget, u.covered, u.of = budget, map[actionPattern]actionCover{}, map[*comparedStatement][]actionCover{}
	u.extra = len(u.names)
	u.addNamed(statements)
	u.words = (len(statements) + 63) / 64
	if !budget.Spend(u.words * len(u.names) / 4) {
		return u
	}
	u.flat = make([]uint64, u.words*len(u.names))
	columns := make([]bitset, len(statements))
	for n, cst := range statements {
		before := budget.Steps
		columns[n] = u.column(cst)
		cst.charge(budget, before)
		if budget.Spent() {
			return u
		}
	}
	u.transpose(columns)
	return u
}

// actionsOfServices holds the actions of the services that the statements name, or all where one names no service.
func actionsOfServices(statements []*comparedStatement) *actionUniverse {
	d := documentedActions()
	services := map[string]bool{}
	for _, cst := range statements {
		for i := range cst.compiled.actions {
			if p := &cst.compiled.actions[i]; cst.statement.NotAction || p.everything || !p.literalService {
				// What is added at the end goes elsewhere, for these are shared.
				return &actionUniverse{
					names: slices.Clip(d.names), lower: slices.Clip(d.lower), letters: slices.Clip(d.letters), shapes: d.shapes, services: d.services,
				}
			} else if !p.malformed {
				services[p.service] = true
			}
		}
	}
	u := &actionUniverse{}
	for _, r := range d.services {
		if !services[r.service] {
			continue
		}
		from, to := r.from, r.to
		u.services = append(u.services, serviceRange{r.service, len(u.names), len(u.names) + to - from})
		u.names, u.lower = append(u.names, d.names[from:to]...), append(u.lower, d.lower[from:to]...)
		u.letters, u.shapes = append(u.letters, d.letters[from:to]...), append(u.shapes, d.shapes[from:to]...)
	}
	return u
}

// row says which statements cover an action.
func (u *actionUniverse) row(i int) bitset { return u.flat[i*u.words : (i+1)*u.words] }

// addNamed adds the actions that statements name and AWS does not document.
func (u *actionUniverse) addNamed(statements []*comparedStatement) {
	u.named = map[string]int{}
	for _, cst := range statements {
		for i := range cst.compiled.actions {
			p := &cst.compiled.actions[i]
			if !cst.spend(u.budget, patternCost) {
				return
			}
			if p.everything || p.malformed || hasMarks(p.service) || hasMarks(p.name) {
				continue
			}
			name := p.service + ":" + p.name
			if _, known := slices.BinarySearch(documentedActions().lower, name); known {
				continue
			}
			if _, known := u.named[name]; known {
				continue
			}
			u.named[name] = len(u.names)
			u.names = append(u.names, cst.statement.Actions[i].Text)
			u.lower, u.letters = append(u.lower, name), append(u.letters, lettersOf(p.name))
		}
	}
}

// find gives a documented action's place.
func (u *actionUniverse) find(lower string) (int, bool) {
	return slices.BinarySearch(u.lower[:u.extra], lower)
}

// column holds the places of the actions that a statement's Action or NotAction covers; nil for none.
func (u *actionUniverse) column(cst *comparedStatement) bitset {
	if !cst.statement.HasAction || len(cst.compiled.actions) == 0 {
		return nil
	}
	u.budget.Spend(len(u.names) / 128)
	column, covers := newBitset(len(u.names)), make([]actionCover, 0, len(cst.compiled.actions))
	for i := range cst.compiled.actions {
		cover := u.cover(&cst.compiled.actions[i])
		if u.budget.Spent() {
			return nil
		}
		cover.addTo(column)
		covers = append(covers, cover)
	}
	u.of[cst] = covers
	if cst.statement.NotAction {
		column.complement(len(u.names))
	}
	return column
}

// transpose makes rows of columns.
func (u *actionUniverse) transpose(columns []bitset) {
	var block [64]uint64
	for word := range u.words {
		list := columns[word*64 : min(len(columns), word*64+64)]
		for at := 0; at < len(u.names); at += 64 {
			any := uint64(0)
			for i := range block {
				block[i] = 0
				if i < len(list) && list[i] != nil {
					block[i] = list[i][at/64]
				}
				any |= block[i]
			}
			if any == 0 {
				continue
			}
			transposeBlock(&block)
			for i := range min(64, len(u.names)-at) {
				u.flat[(at+i)*u.words+word] = block[i]
			}
		}
	}
}

// cover gives the places of the actions that a pattern covers.
func (u *actionUniverse) cover(p *actionPattern) actionCover {
	cover, ok := u.covered[*p]
	if !u.budget.Spend(patternCost) || ok {
		return cover
	}
	cover = u.look(p)
	u.covered[*p] = cover
	return cover
}

// look works the cover of a pattern out.
func (u *actionUniverse) look(p *actionPattern) actionCover {
	switch {
	case p.malformed:
		return actionCover{}
	case p.everything:
		return actionCover{to: len(u.names)}
	case p.literalService && !hasMarks(p.name):
		name := p.service + ":" + p.name
		i, ok := u.find(name)
		if !ok {
			i, ok = u.named[name]
		}
		if !ok {
			return actionCover{}
		}
		return actionCover{from: i, to: i + 1}
	}
	u.budget.Spend(len(u.names) / 128)
	set := newBitset(len(u.names))
	if r := u.services.of(p.service); p.literalService {
		u.match(p, r.from, r.to, set)
	} else {
		for _, r := range u.services {
			if u.budget.Spend(2) && matchGlob(p.service, r.service) {
				u.match(p, r.from, r.to, set)
			}
		}
	}
	for i := u.extra; i < len(u.names); i++ {
		if service, _, _ := strings.Cut(u.lower[i], ":"); u.budget.Spend(3) && matchGlob(p.service, service) {
			u.match(p, i, i+1, set)
		}
	}
	return actionCover{set: set}
}

// match adds, of the actions of one service, those whose name a pattern matches.
func (u *actionUniverse) match(p *actionPattern, from, to int, set bitset) {
	if !u.budget.Spend((to - from) / 8) {
		return
	}
	needed := lettersOf(p.name)
	work := globWork + len(p.name)/16
	for i := from; i < to; i++ {
		if needed&^u.letters[i] != 0 {
			continue
		}
		if !u.budget.Spend(work) {
			return
		}
		if _, name, _ := strings.Cut(u.lower[i], ":"); matchGlob(p.name, name) {
			set.set(i)
		}
	}
}

// classes gives the classes that some statement of mask covers, in the order of their first names. Where the budget does not
// suffice, some are missing.
func (u *actionUniverse) classes(mask bitset) []*actionClass {
	byKey := map[string]*actionClass{}
	var list []*actionClass
	var key []byte
	for i := range u.names {
		row := u.row(i)
		if !u.budget.Spend(1 + u.words/4) {
			return list
		}
		if !row.meets(mask) {
			continue
		}
		service, action, _ := strings.Cut(u.lower[i], ":")
		if getCallerIdentity.is(service, action) {
			continue
		}
		u.budget.Spend(15 + u.words)
		key = append(appendRow(key[:0], row), treatment(service, action)...)
		lacks := u.lacks(i)
		for _, one := range lacks {
			key = append(append(key, '!'), one...)
		}
		alike := len(key)
		key = append(append(key, ' '), service...)
		shape := ""
		if i < u.extra {
			shape = u.shapes[i]
			key = append(append(key, ' '), shape...)
		}
		class, ok := byKey[string(key)]
		if !ok {
			u.budget.Spend(30)
			class = &actionClass{universe: u, service: service, action: action, matched: row, shape: shape, lacks: lacks, alike: string(key[:alike])}
			byKey[string(key)] = class
			list = append(list, class)
		}
		class.names = append(class.names, u.names[i])
		class.places = append(class.places, i)
	}
	return list
}

// lacks are the keys, of those that conditions ask for, that requests for an action never carry (rule 61).
func (u *actionUniverse) lacks(i int) (out []string) {
	if len(u.keys) == 0 || i >= u.extra || !u.budget.Spend(lackingWork*len(u.keys)) {
		return nil
	}
	for j := range u.keys {
		if u.keys[j].By(u.lower[i]) == actions.NotCarried {
			out = append(out, u.keys[j].Name)
		}
	}
	return out
}
