package catalogue_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
)

// relations are what changes nothing that a role can do.
func relations() []relation {
	edit := func(change func(*universe.Statement) bool) func(universe.World) (written, bool) {
		return func(w universe.World) (written, bool) {
			w, changed := w.Clone(), false
			for _, list := range [][]universe.Document{w.Identity, w.Boundary, w.SCP} {
				for _, d := range list {
					for i := range d.Statement {
						changed = change(&d.Statement[i]) || changed
					}
				}
			}
			return write(w), changed
		}
	}
	all := []relation{
		{"writing", "order of statements and policies", reversed, same()},
		{"writing", "statements split by actions", split(func(s *universe.Statement) *[]string { return &s.Action }), sameButGrouped},
		{"writing", "statements split by resources", split(func(s *universe.Statement) *[]string { return &s.Resource }), sameButGrouped},
		{"writing", "all in one policy", inOne, same()},
		{"writing", "indentation", indented, same()},
		{"writing", "names of statements and policies", renamed, same()},
		{"writing", "actions and resources doubled", edit(func(s *universe.Statement) bool {
			s.Action, s.Resource = append(s.Action, s.Action...), append(s.Resource, s.Resource...)
			return true
		}), same()},
		{"condition", "order of values", edit(func(s *universe.Statement) (changed bool) {
			for _, block := range s.Condition {
				for _, values := range block {
					slices.Reverse(values)
					changed = changed || len(values) > 1
				}
			}
			return changed
		}), same()},
		{"writing", "the case of actions", edit(func(s *universe.Statement) bool {
			for _, list := range [][]string{s.Action, s.NotAction} {
				for i := range list {
					list[i] = strings.ToUpper(list[i])
				}
			}
			return true
		}), same()},
	}
	for name, rewrite := range conditionRewrites {
		all = append(all, relation{"condition", name, edit(func(s *universe.Statement) bool { return rewriteConditions(s, rewrite) }), same(vacuousCondition)})
	}
	slices.SortFunc(all, func(a, b relation) int { return strings.Compare(a.what, b.what) })
	return all
}

func reversed(w universe.World) (written, bool) {
	w = w.Clone()
	for _, list := range [][]universe.Document{w.Identity, w.Boundary, w.SCP} {
		slices.Reverse(list)
		for _, d := range list {
			slices.Reverse(d.Statement)
			for _, s := range d.Statement {
				for _, l := range [][]string{s.Action, s.NotAction, s.Resource, s.NotResource} {
					slices.Reverse(l)
				}
			}
		}
	}
	return write(w), true
}

// split gives each element of a list a statement of its own.
func split(list func(*universe.Statement) *[]string) func(universe.World) (written, bool) {
	return func(w universe.World) (written, bool) {
		w, changed := w.Clone(), false
		for _, documents := range [][]universe.Document{w.Identity, w.Boundary, w.SCP} {
			for i, d := range documents {
				var statements []universe.Statement
				for _, s := range d.Statement {
					elements := *list(&s)
					changed = changed || len(elements) > 1
					for _, one := range elements {
						part := s
						*list(&part) = []string{one}
						statements = append(statements, part)
					}
					if len(elements) == 0 {
						statements = append(statements, s)
					}
				}
				documents[i].Statement = statements
			}
		}
		return write(w), changed
	}
}

func inOne(w universe.World) (written, bool) {
	w = w.Clone()
	if len(w.Identity) < 2 {
		return written{}, false
	}
	for _, d := range w.Identity[1:] {
		w.Identity[0].Statement = append(w.Identity[0].Statement, d.Statement...)
	}
	w.Identity = w.Identity[:1]
	return write(w), true
}

func indented(w universe.World) (written, bool) {
	out := write(w)
	indent := func(text string) string {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			panic(err) // It was written as JSON a moment ago.
		}
		spaced, _ := json.MarshalIndent(value, "\t", "    ")
		return string(spaced) + "\n"
	}
	for i := range out.identity {
		out.identity[i].text = indent(out.identity[i].text)
	}
	for _, list := range [][]string{out.boundary, out.scp} {
		for i := range list {
			list[i] = indent(list[i])
		}
	}
	return out, true
}

func renamed(w universe.World) (written, bool) {
	w = w.Clone()
	n := 0
	for _, list := range [][]universe.Document{w.Identity, w.Boundary, w.SCP} {
		for _, d := range list {
			for i := range d.Statement {
				n++
				d.Statement[i].Sid = "Statement" + strconv.Itoa(n)
			}
		}
	}
	out := write(w)
	for i := range out.identity {
		out.identity[i].name = "zz-renamed-" + strconv.Itoa(9-i)
	}
	return out, true
}

// conditionRewrites give the operator and the values that mean the same, by what they do.
var conditionRewrites = map[string]func(operator, key string, values []string) (string, []string, bool){
	"a pattern without wildcards is an equal text": func(operator, _ string, values []string) (string, []string, bool) {
		plain := !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") })
		return strings.Replace(operator, "StringEquals", "StringLike", 1), values, plain && !strings.Contains(operator, "IgnoreCase") && strings.Contains(operator, "StringEquals")
	},
	"not equal to a text is not like it": func(operator, _ string, values []string) (string, []string, bool) {
		plain := !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") })
		return strings.Replace(operator, "StringNotEquals", "StringNotLike", 1), values, plain && !strings.Contains(operator, "IgnoreCase") && strings.Contains(operator, "StringNotEquals")
	},
	"a key that is missing is not like anything": func(operator, key string, values []string) (string, []string, bool) {
		return "StringNotLike", []string{"*"}, operator == "Null" && key != "aws:TagKeys" && slices.Equal(values, []string{"true"})
	},
	"a key that is there is like anything": func(operator, key string, values []string) (string, []string, bool) {
		return "StringLike", []string{"*"}, operator == "Null" && key != "aws:TagKeys" && slices.Equal(values, []string{"false"})
	},
	"less than, in whole numbers": func(operator, _ string, values []string) (string, []string, bool) {
		n, err := strconv.Atoi(values[0])
		return "NumericLessThan", []string{strconv.Itoa(n + 1)}, operator == "NumericLessThanEquals" && len(values) == 1 && err == nil
	},
	"greater than, in whole numbers": func(operator, _ string, values []string) (string, []string, bool) {
		n, err := strconv.Atoi(values[0])
		return "NumericGreaterThanEquals", []string{strconv.Itoa(n + 1)}, operator == "NumericGreaterThan" && len(values) == 1 && err == nil
	},
	"an ARN that is equal is like": func(operator, _ string, values []string) (string, []string, bool) {
		return strings.Replace(operator, "Equals", "Like", 1), values, strings.HasPrefix(operator, "Arn") && strings.HasSuffix(operator, "Equals")
	},
	"a block of one address": func(operator, _ string, values []string) (string, []string, bool) {
		values = slices.Clone(values)
		for i, v := range values {
			if address, err := netip.ParseAddr(v); err == nil {
				values[i] = netip.PrefixFrom(address, address.BitLen()).String()
			}
		}
		return operator, values, strings.Contains(operator, "IpAddress")
	},
	"a date in seconds": func(operator, _ string, values []string) (string, []string, bool) {
		values = slices.Clone(values)
		for i, v := range values {
			for _, form := range []string{time.DateOnly, time.RFC3339} {
				if at, err := time.Parse(form, v); err == nil {
					values[i] = strconv.FormatInt(at.Unix(), 10)
				}
			}
		}
		return operator, values, strings.HasPrefix(operator, "Date")
	},
	"the case of operators": func(operator, _ string, values []string) (string, []string, bool) {
		return strings.ToLower(operator), values, true
	},
	"a truth is a text": func(operator, _ string, values []string) (string, []string, bool) {
		return strings.Replace(operator, "Bool", "StringEqualsIgnoreCase", 1), values, strings.HasPrefix(operator, "Bool")
	},
}

// rewriteConditions rewrites what can be, unless the statement has a condition of that operator and key already.
func rewriteConditions(s *universe.Statement, rewrite func(operator, key string, values []string) (string, []string, bool)) bool {
	changed := false
	out := map[string]map[string][]string{}
	put := func(operator, key string, values []string) {
		if out[operator] == nil {
			out[operator] = map[string][]string{}
		}
		out[operator][key] = values
	}
	for operator, block := range s.Condition {
		for key, values := range block {
			to, with, ok := rewrite(operator, key, values)
			if _, taken := s.Condition[to][key]; ok && (!taken || to == operator) {
				put(to, key, with)
				changed = true
			} else {
				put(operator, key, values)
			}
		}
	}
	s.Condition = out
	return changed
}
