package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// mentions says what the statements make a difference of.
type mentions struct {
	// keys are the condition keys and variables, in lower case, by how the first one is spelled.
	keys map[string]string
	// variables are the keys that stand in ${...}.
	variables []string
	// constants are the values that conditions compare a key with.
	constants map[string][]string
	// partitions are those that resources and principals name, and, of those that AWS has, one for each way to match the
	// patterns of partitions.
	partitions []string
	// soft is set where some statement can never be decided.
	soft bool
	// incomplete says why not every caller or resource that the policies tell apart is tried.
	incomplete string
	// exceeded is set where that is because it took too much work.
	exceeded bool
	// known are the constants by key and text.
	known map[[2]string]bool
	// budget is what enumerating callers and accounts takes its work from.
	budget *language.Budget
}

func (m *mentions) addConstant(key, text string) {
	if pair := [2]string{key, text}; !m.known[pair] {
		m.known[pair] = true
		m.constants[key] = append(m.constants[key], text)
	}
}

// enumerated are the keys of which a comparison tries values by its own lists of callers and accounts.
var enumerated = map[string]bool{
	"aws:principalarn": true, "aws:principaltype": true, "aws:principalaccount": true, "aws:principalservicename": true, "aws:username": true,
	"aws:resourceaccount": true,
}

func mentionsOf(statements []*comparedStatement, budget *language.Budget) mentions {
	m := mentions{keys: map[string]string{}, constants: map[string][]string{}, known: map[[2]string]bool{}, budget: budget}
	var globs []string
	for _, cst := range statements {
		if !cst.spend(budget, 10*cst.size) {
			break
		}
		for i := range cst.compiled.conditions {
			c := &cst.compiled.conditions[i]
			m.add(c.key, cst.statement.Conditions[i].Key)
			if c.understood == Undecided {
				m.soft = true
			}
			if enumerated[c.key] && c.understood == True && !c.family.isText() && c.family != familyNull {
				m.incomplete = "a condition compares the identity of the caller, or the owner of the resource, as a number, a date or an address"
			}
			for j := range c.operands {
				o := &c.operands[j]
				m.addVariables(o.variable)
				m.soft = m.soft || o.reading == Undecided || o.isShort(c.family)
				if o.variable == nil {
					m.addConstant(c.key, cst.statement.Conditions[i].Values[j].Text)
				}
			}
		}
		for i := range cst.compiled.principals {
			m.addPartition(cst.compiled.principals[i].partition)
		}
		for i := range cst.compiled.resources {
			if partition := cst.compiled.resources[i].head[arnPartition]; hasMarks(partition) {
				cst.spend(budget, len(globs)/4)
				globs = appendNew(globs, partition)
			} else {
				cst.spend(budget, len(m.partitions)/4)
				m.addPartition(partition)
			}
			m.addVariables(cst.compiled.resources[i].variable)
			m.soft = m.soft || cst.compiled.resources[i].isOpen()
		}
	}
	m.addPartitions(m.callersGlobs(globs))
	return m
}

// callersGlobs adds the partitions of the callers that conditions name, and gives those that are patterns with the others.
func (m *mentions) callersGlobs(globs []string) []string {
	for _, text := range m.constants["aws:principalarn"] {
		m.budget.Spend(10 + len(text)/8)
		if segments, ok := splitARN(markWildcards(text)); ok && hasMarks(segments[arnPartition]) {
			globs = appendNew(globs, segments[arnPartition])
		} else if ok && segments[arnPartition] != aws.StandardPartition {
			m.addPartition(aws.StandardPartition)
			m.addPartition(segments[arnPartition])
		}
	}
	return globs
}

// addPartitions adds, of the partitions that no statement names, one for each way in which they match the patterns.
func (m *mentions) addPartitions(globs []string) {
	ways := map[string]bool{}
	wayOf := func(partition string) string {
		way := make([]byte, len(globs))
		for i, glob := range globs {
			way[i] = '-'
			if matchGlob(glob, partition) {
				way[i] = '+'
			}
		}
		return string(way)
	}
	m.budget.Spend(4 * len(globs) * len(aws.PartitionNames()))
	for _, partition := range aws.PartitionNames() {
		way := wayOf(partition)
		if strings.Contains(way, "+") && !ways[way] && !slices.Contains(m.partitions, partition) {
			ways[way] = true
			m.partitions = append(m.partitions, partition)
		}
	}
}

func (m *mentions) add(lower, spelled string) {
	if _, ok := m.keys[lower]; !ok && lower != "" {
		m.keys[lower] = spelled
	}
}

// carriedKeys are the keys that the requests of some actions may lack, in order.
func (m *mentions) carriedKeys() (out []actions.CarriedKey) {
	for _, name := range slices.Sorted(maps.Keys(m.keys)) {
		if key := actions.CarriedKeyOf(name); key.MayLack() {
			out = append(out, key)
		}
	}
	return out
}

func (m *mentions) addVariables(t *template) {
	if t == nil {
		return
	}
	for i := range t.pieces {
		if p := &t.pieces[i]; p.key != "" {
			m.add(p.key, p.spelled)
			m.variables = appendNew(m.variables, p.key)
		}
	}
}

func (m *mentions) addPartition(partition string) {
	if partition != "" && !strings.ContainsAny(partition, "*?") && !hasMarks(partition) {
		m.partitions = appendNew(m.partitions, partition)
	}
}

// mentionsAny says whether a statement makes a difference of one of the keys.
func (m *mentions) mentionsAny(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return m.keys[k] != "" })
}
