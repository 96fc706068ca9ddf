package policy

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// documented are the actions that AWS documents, in alphabetic order; lower holds their names in lower case, in which
// each service's stand together.
type documented struct {
	names, lower []string
	service      map[string][2]int
	// shapes tell apart the actions of one service that are about other kinds of resource.
	shapes []string
}

var documentedActions = sync.OnceValue(func() *documented {
	d := &documented{names: slices.Clone(actions.Names()), service: map[string][2]int{}}
	slices.SortFunc(d.names, func(a, b string) int { return strings.Compare(ascii.Lower(a), ascii.Lower(b)) })
	d.lower, d.shapes = make([]string, len(d.names)), make([]string, len(d.names))
	for i, name := range d.names {
		d.lower[i] = ascii.Lower(name)
		if a, ok := actions.Lookup(name); ok && !a.OnlyStar() {
			for _, t := range a.ResourceTypes {
				d.shapes[i] += t.Name + " "
			}
		}
		service, _, _ := strings.Cut(d.lower[i], ":")
		r, ok := d.service[service]
		if !ok {
			r[0] = i
		}
		d.service[service] = [2]int{r[0], i + 1}
	}
	return d
})

// actionClass are actions that every statement of both sets treats alike. An open class stands for actions that AWS does not
// document and no statement names.
type actionClass struct {
	names []string
	// places are the names' places in the universe; service and action are the first one's, in lower case. An open class has
	// no places and no action, and a service only where it stands for that one's actions.
	places          []int
	universe        *actionUniverse
	service, action string
	open            bool
	// shape names the resource types that the actions take.
	shape string
	// alike is the same for classes of which the same holds, whatever their resources look like.
	alike string
	// of and notOf bound the services of an open class, where they are not nil.
	of, notOf []language.Pattern
	// takenForms are the ARNs that the actions take, once they were asked for.
	takenForms map[formsKey][]language.Pattern
	// matched holds, by number of the statement, whether its Action or NotAction covers the class.
	matched bitset
}

// actionUniverse sorts the actions that some granting statement may cover into classes.
type actionUniverse struct {
	// names, lower and shapes are in the order of lower; those of a service stand together, where service says.
	names, lower, shapes []string
	service              map[string][2]int
	// words are how many words a row of flat has, which holds for each action which statements cover it.
	words int
	flat  []uint64
	// extra begins where the actions stand that only the statements know; named holds their places.
	extra int
	named map[string]int
	// covered keeps, by pattern, the places of the actions that it covers. Each action that is held against a pattern with
	// wildcards is taken out of the budget.
	covered map[actionPattern]bitset
	budget  language.Budget
}

// maxTests bounds how many actions are held against patterns with wildcards: some 170 patterns that may be of any service.
const maxTests = 4_000_000

// newActionUniverse notes for every action that a granting statement may cover which statements cover it. Where its budget
// does not suffice, what it notes is not the whole.
func newActionUniverse(statements, granting []*comparedStatement) *actionUniverse {
	u := actionsOfServices(granting)
	u.budget.Steps, u.covered = maxTests, map[actionPattern]bitset{}
	u.extra = len(u.names)
	u.addNamed(statements)
	u.words = (len(statements) + 63) / 64
	u.flat = make([]uint64, u.words*len(u.names))
	for n, cst := range statements {
		u.mark(n, cst)
	}
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
				return &actionUniverse{names: slices.Clip(d.names), lower: slices.Clip(d.lower), shapes: d.shapes, service: d.service}
			} else if !p.malformed {
				services[p.service] = true
			}
		}
	}
	u := &actionUniverse{service: map[string][2]int{}}
	for _, service := range slices.SortedFunc(maps.Keys(services), func(a, b string) int { return d.service[a][0] - d.service[b][0] }) {
		from, to := d.service[service][0], d.service[service][1]
		u.service[service] = [2]int{len(u.names), len(u.names) + to - from}
		u.names, u.lower = append(u.names, d.names[from:to]...), append(u.lower, d.lower[from:to]...)
		u.shapes = append(u.shapes, d.shapes[from:to]...)
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
			u.lower = append(u.lower, name)
		}
	}
}

// find gives a documented action's place.
func (u *actionUniverse) find(lower string) (int, bool) {
	return slices.BinarySearch(u.lower[:u.extra], lower)
}

func (u *actionUniverse) mark(n int, cst *comparedStatement) {
	if !cst.statement.HasAction || len(cst.compiled.actions) == 0 {
		return
	}
	for i := range cst.compiled.actions {
		if u.budget.Steps < 0 {
			return
		}
		u.cover(&cst.compiled.actions[i]).each(func(at int) { u.row(at).set(n) })
	}
	if cst.statement.NotAction {
		for i := range u.names {
			u.row(i).flip(n)
		}
	}
}

// cover gives the places of the actions that a pattern covers.
func (u *actionUniverse) cover(p *actionPattern) bitset {
	list, ok := u.covered[*p]
	if !ok {
		list = newBitset(len(u.names))
		u.each(p, list.set)
		u.covered[*p] = list
	}
	return list
}

// each visits the places of the actions that a pattern covers.
func (u *actionUniverse) each(p *actionPattern, visit func(int)) {
	from, to := 0, u.extra
	switch {
	case p.malformed:
		return
	case p.everything:
		for i := range u.names {
			visit(i)
		}
		return
	case p.literalService:
		r := u.service[p.service]
		from, to = r[0], r[1]
		if !hasMarks(p.name) {
			name := p.service + ":" + p.name
			if i, ok := u.find(name); ok {
				visit(i)
			} else if i, ok := u.named[name]; ok {
				visit(i)
			}
			return
		}
	}
	if !u.budget.Spend(to - from + len(u.names) - u.extra) {
		return
	}
	for i := from; i < to; i++ {
		u.test(p, i, visit)
	}
	for i := u.extra; i < len(u.names); i++ {
		u.test(p, i, visit)
	}
}

// test holds an action, which is in lower case as the pattern is, against a pattern.
func (u *actionUniverse) test(p *actionPattern, i int, visit func(int)) {
	colon := strings.IndexByte(u.lower[i], ':')
	if service, name := u.lower[i][:colon], u.lower[i][colon+1:]; matchGlob(p.service, service) && matchGlob(p.name, name) {
		visit(i)
	}
}

// classes gives the classes that some statement of mask covers, in the order of their first names.
func (u *actionUniverse) classes(mask bitset) []*actionClass {
	byKey := map[string]*actionClass{}
	var list []*actionClass
	var key []byte
	for i := range u.names {
		row := u.row(i)
		if !row.meets(mask) {
			continue
		}
		service, action, _ := strings.Cut(u.lower[i], ":")
		if getCallerIdentity.is(service, action) {
			continue
		}
		key = append(appendRow(key[:0], row), treatment(service, action)...)
		alike := len(key)
		key = append(append(key, ' '), service...)
		shape := ""
		if i < u.extra {
			shape = u.shapes[i]
			key = append(append(key, ' '), shape...)
		}
		class, ok := byKey[string(key)]
		if !ok {
			class = &actionClass{universe: u, service: service, action: action, matched: row, shape: shape, alike: string(key[:alike])}
			byKey[string(key)] = class
			list = append(list, class)
		}
		class.names = append(class.names, u.names[i])
		class.places = append(class.places, i)
	}
	return list
}

func appendRow(key []byte, row bitset) []byte {
	for _, word := range row {
		for shift := 0; shift < 64; shift += 8 {
			key = append(key, byte(word>>shift))
		}
	}
	return key
}

// treatment distinguishes the actions that Evaluate treats differently though the same statements cover them.
func treatment(service, action string) string {
	switch {
	case service == "sts" || service == "kms":
		return service + ":" + action
	case service == "iam" && isIAMRead(action):
		return "iam:read"
	case service == "iam" || aws.SupportsRCPs(service):
		return service
	}
	return ""
}

// onlyAny says whether the class's actions are about no resource in particular.
func (class *actionClass) onlyAny() bool {
	if class.open {
		return false
	}
	a, ok := actions.Lookup(class.names[0])
	return ok && a.OnlyStar()
}
