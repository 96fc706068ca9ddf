package actions

import "strings"

// Expand gives every known action that a value of Action in a policy covers ("*", "s3:Get*", "S3:get?bject"), in the order
// of Names. What is no such value covers nothing.
func Expand(pattern string) []Action {
	c := load()
	var list []Action
	c.each(pattern, func(service, i int) {
		s := &c.services[service]
		list = append(list, action(s, &s.Actions[i]))
	})
	return list
}

// ExpandNames is Expand for the names alone.
func ExpandNames(pattern string) []string {
	c := load()
	var list []string
	c.each(pattern, func(service, i int) { list = append(list, c.names[c.from[service]+i]) })
	return list
}

// each tells the actions that a pattern covers, each by its service and its place there.
func (c *catalogue) each(pattern string, tell func(service, i int)) {
	service, name, ok := strings.Cut(pattern, ":")
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		service, name, ok = "*", "*", true
	}
	if !ok || service == "" || name == "" || strings.Contains(name, ":") {
		return
	}
	if !strings.ContainsAny(service, "*?") {
		if at, known := c.service(service); known {
			c.eachOf(at, name, tell)
		}
		return
	}
	for at := range c.services {
		if matches(service, c.services[at].Prefix) {
			c.eachOf(at, name, tell)
		}
	}
}

func (c *catalogue) eachOf(service int, name string, tell func(service, i int)) {
	for i := range c.services[service].Actions {
		if matches(name, c.services[service].Actions[i].Name) {
			tell(service, i)
		}
	}
}

// matches matches a pattern with wildcards against the whole of text, whatever the case of letters. It goes back to the
// last asterisk only, so its time is bounded by the product of both lengths.
func matches(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t])):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
