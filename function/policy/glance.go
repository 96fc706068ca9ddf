package policy

// Glance is what is seen of an action at once, without its text: most questions are about actions that no policy of a role allows on
// anything, and many are asked of every role.
type Glance struct {
	service uint64
	name    uint16
}

// GlanceOf gives the glance of an action, in any case.
func GlanceOf(action string) Glance {
	var g Glance
	h := uint32(2166136261)
	for i := 0; i < len(action); i++ {
		c := action[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c == ':' && g.service == 0 {
			g.service = serviceBit(action)
		}
		h = (h ^ uint32(c)) * 16777619
	}
	if g.service == 0 {
		g.service = serviceBit(action)
	}
	g.name = uint16(h>>16^h) % glanceBits
	return g
}

// glanceBits is how many actions are told apart at most.
const glanceBits = 1024

// glances are the actions that some statements may cover, as far as they are seen at once.
type glances struct {
	// open has the bits of the services of which a value with wildcards may cover actions.
	open uint64
	// names has the bits of the actions that values name without wildcards.
	names [glanceBits / 64]uint64
}

// add adds what a value of Action covers. One whose service has a wildcard opens every service, which whoever adds it sees to.
func (g *glances) add(p *actionPattern) {
	switch {
	case !p.literalService:
	case hasMarks(p.name):
		g.open |= serviceBit(p.service)
	default:
		at := GlanceOf(p.service + ":" + p.name).name
		g.names[at/64] |= 1 << (at % 64)
	}
}

// join adds what other statements cover.
func (g *glances) join(other *glances) {
	g.open |= other.open
	for i := range g.names {
		g.names[i] |= other.names[i]
	}
}

func (g *glances) has(one Glance) bool {
	return g.open&one.service != 0 || g.names[one.name/64]&(1<<(one.name%64)) != 0
}

// MayGrant reports whether Granting may be true of an action. Where it is false, Granting is.
func (p *Prober) MayGrant(action Glance) bool {
	return p.granting&action.service != 0 && p.glances.has(action)
}
