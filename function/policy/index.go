package policy

import "slices"

// indexFrom is how many actions a document has at least whose actions are worth an index.
const indexFrom = 24

// actionIndex finds the statements of a document that cover an action. It takes room in proportion to the document.
type actionIndex struct {
	// named lists for each service the statements that name it without wildcards, in their order.
	named map[string][]namedActions
	// open are the statements that may cover an action of any service, in their order: those with NotAction, and those
	// with a wildcard for a service.
	open []openActions
}

// namedActions are one statement's actions of one service, without the service.
type namedActions struct {
	statement int
	// literals are in order; globs hold wildcards.
	literals, globs []string
}

// openActions are one statement's actions whose service is a wildcard.
type openActions struct {
	statement int
	patterns  []actionPattern
}

// indexActions gives nil for a document of few actions, which are sooner looked at one by one.
func indexActions(statements []Statement, list []compiled) *actionIndex {
	total := 0
	for i := range list {
		total += len(list[i].actions)
	}
	if total < indexFrom {
		return nil
	}
	x := &actionIndex{named: map[string][]namedActions{}}
	for i := range list {
		if statements[i].HasAction && len(list[i].actions) > 0 {
			x.add(i, list[i].actions, statements[i].NotAction)
		}
	}
	for _, list := range x.named {
		for i := range list {
			slices.Sort(list[i].literals)
		}
	}
	return x
}

func (x *actionIndex) add(statement int, actions []actionPattern, complement bool) {
	var open []actionPattern
	for _, p := range actions {
		switch {
		case p.malformed:
		case p.literalService:
			x.addNamed(statement, p)
		default:
			open = append(open, p)
		}
	}
	if complement || len(open) > 0 {
		x.open = append(x.open, openActions{statement, open})
	}
}

func (x *actionIndex) addNamed(statement int, p actionPattern) {
	list := x.named[p.service]
	if len(list) == 0 || list[len(list)-1].statement != statement {
		list = append(list, namedActions{statement: statement})
		x.named[p.service] = list
	}
	n := &list[len(list)-1]
	if hasMarks(p.name) {
		n.globs = append(n.globs, p.name)
	} else {
		n.literals = append(n.literals, p.name)
	}
}

func (n *namedActions) matches(name string) bool {
	if _, found := slices.BinarySearchFunc(n.literals, name, compareFolded); found {
		return true
	}
	for _, glob := range n.globs {
		if matchFolded(glob, name) {
			return true
		}
	}
	return false
}

// compareFolded compares a lower-cased text with s, taking A to Z in s for a to z.
func compareFolded(text, s string) int {
	for i := 0; i < len(text) && i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if text[i] != c {
			return int(text[i]) - int(c)
		}
	}
	return len(text) - len(s)
}

// services are those whose actions some statements may cover: all, or those that are listed, in order.
type services struct {
	all    bool
	listed []string
	// bits has the bit of each service.
	bits uint64
	// actions are the values of Action of the statements. With unlisted there are many, or values of NotAction.
	actions  []*actionPattern
	unlisted bool
	glances  glances
}

// maxGrantedActions bounds how many values of Action are looked at one by one.
const maxGrantedActions = indexFrom

// grantedServices are those whose actions Allow statements may cover.
func grantedServices(statements []Statement, list []compiled) (granted services) {
	for i := range list {
		s := &statements[i]
		if s.Effect != Allow || !s.HasAction {
			continue
		}
		granted.all, granted.unlisted = granted.all || s.NotAction, granted.unlisted || s.NotAction
		for j := range list[i].actions {
			p := &list[i].actions[j]
			switch {
			case p.malformed:
				continue
			case p.literalService:
				granted.listed = append(granted.listed, p.service)
				granted.bits |= serviceBit(p.service)
			default:
				granted.all = true
			}
			granted.glances.add(p)
			granted.actions = append(granted.actions, p)
		}
	}
	granted.unlisted = granted.unlisted || len(granted.actions) > maxGrantedActions
	if granted.unlisted {
		granted.actions = nil
	}
	if granted.all {
		granted.listed, granted.bits, granted.glances.open = nil, ^uint64(0), ^uint64(0)
		return granted
	}
	slices.Sort(granted.listed)
	granted.listed = slices.Clip(slices.Compact(granted.listed))
	return granted
}

// serviceBit is the bit of a service, in any case, and of an action's: several services have one.
func serviceBit(action string) uint64 {
	h := uint32(0)
	for i := 0; i < len(action) && action[i] != ':'; i++ {
		c := action[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = h*31 + uint32(c)
	}
	return 1 << (h % 64)
}

func (s *services) has(service string) bool {
	if s.all {
		return true
	}
	_, found := slices.BinarySearch(s.listed, service)
	return found
}

// mayCover reports whether the statements may cover an action, whose service is in lower case. Of many actions it looks at the
// service alone.
func (s *services) mayCover(service, action string) bool {
	if !s.has(service) {
		return false
	}
	return s.unlisted || slices.ContainsFunc(s.actions, func(p *actionPattern) bool { return p.matches(service, action) })
}

// coverage goes through the statements of a document whose Action or NotAction covers the action of a query.
type coverage struct {
	document *Document
	compiled *compilation
	// at is the next statement, where there is no index.
	at    int
	named []namedActions
	open  []openActions
}

func (q *query) coverage(d *Document, compiled *compilation) coverage {
	c := coverage{document: d, compiled: compiled}
	if x := c.compiled.index; x != nil {
		c.named, c.open = x.named[q.service], x.open
	}
	return c
}

// next gives the number of the next such statement, or -1.
func (c *coverage) next(q *query) int {
	if c.compiled.index == nil {
		for c.at < len(c.document.Statements) {
			i := c.at
			c.at++
			if q.matchAction(&c.document.Statements[i], &c.compiled.statements[i]) != False {
				return i
			}
		}
		return -1
	}
	for len(c.named) > 0 || len(c.open) > 0 {
		if i := c.nextIndexed(q); i >= 0 {
			return i
		}
	}
	return -1
}

// nextIndexed looks at the next statement that the index has for the service, and gives -1 if it does not cover the action.
func (c *coverage) nextIndexed(q *query) int {
	var named *namedActions
	var open *openActions
	if len(c.named) > 0 && (len(c.open) == 0 || c.named[0].statement <= c.open[0].statement) {
		named = &c.named[0]
	}
	if len(c.open) > 0 && (named == nil || c.open[0].statement == named.statement) {
		open = &c.open[0]
	}
	covered, i := false, 0
	if named != nil {
		i, c.named = named.statement, c.named[1:]
		covered = named.matches(q.action)
	}
	if open != nil {
		i, c.open = open.statement, c.open[1:]
		covered = covered || slices.ContainsFunc(open.patterns, func(p actionPattern) bool { return p.matches(q.service, q.action) })
	}
	if covered == c.document.Statements[i].NotAction {
		return -1
	}
	return i
}
