-- in:  lines, paths(path, target uinteger), agents(agent, client uinteger), referers(referer, class)
-- out: moment, visitor, key = target · 64 + client · 16 + class
select moment, visitor, (target * 64 + client * 16 + class)::uinteger as key
from lines join paths using (path) join agents using (agent) join referers using (referer)
where is_good and moment is not null
