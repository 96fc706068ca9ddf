package policy

import "time"

// Instants are the points in time that the document's conditions on aws:CurrentTime and aws:EpochTime compare with. They are
// complete where no such condition compares the time otherwise than as a date or as whole seconds, or with a variable: between two of
// them no condition on the time begins or ceases to be met.
func (d *Document) Instants() (instants []time.Time, complete bool) {
	complete = true
	for i := range d.Statements {
		c := d.Statements[i].ready(d)
		for j := range c.conditions {
			cond := &c.conditions[j]
			if cond.key != "aws:currenttime" && cond.key != "aws:epochtime" || cond.family == familyNull {
				continue
			}
			for k := range cond.operands {
				o := &cond.operands[k]
				t, ok := ParseDate(o.text)
				if ok && o.variable == nil {
					instants = append(instants, t)
				}
				isWhole := cond.family == familyDate || cond.family == familyNumeric && len(o.text) != len("2006")
				complete = complete && ok && o.variable == nil && isWhole
			}
		}
	}
	return instants, complete
}
